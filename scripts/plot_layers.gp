# Cycles and utilisation of each layer of one run, as SVG. Needs gnuplot.
#   npusim run --network sqnxt_23v5_1.0 --out out/sqnxt_23v5_1.0
#   gnuplot -e "input='out/sqnxt_23v5_1.0/layers.csv'; output='docs/images/layers.svg'; heading='...'" scripts/plot_layers.gp
if (!exists("input") || !exists("output")) {
  print "usage: gnuplot -e \"input='.../layers.csv'; output='....svg'; heading='text'\" scripts/plot_layers.gp"
  exit status 2
}
if (!exists("heading")) heading = input
set terminal svg size 1000,430 font "Helvetica,13" background "#ffffff"
set output output
set datafile separator ","
set title heading
set xlabel "layer"
set ylabel "cycles (thousands)"
set y2label "utilisation of the array (%)"
set ytics nomirror
set y2tics 0,20,100
set yrange [0:*]
set y2range [0:105]
set xrange [-1:*]
set autoscale xfixmax
set offsets 0, 1, 0, 0
set xtics out nomirror
set grid ytics lc "#dddddd"
set style fill solid 1.0 noborder
set boxwidth 0.85
set key outside top center horizontal
# Colours that stay apart for colour-blind readers (Okabe and Ito).
plot input using 1:(strcol(4) eq "ws" ? $8/1000.0 : NaN) skip 1 with boxes lc "#0072B2" title "weight-stationary", \
     input using 1:(strcol(4) eq "os" ? $8/1000.0 : NaN) skip 1 with boxes lc "#E69F00" title "output-stationary", \
     input using 1:(strcol(4) eq "" ? $8/1000.0 : NaN) skip 1 with boxes lc "#999999" title "vector unit", \
     input using 1:($5 > 0 ? $11*100.0 : NaN) skip 1 axes x1y2 with points pt 7 ps 0.5 lc "#000000" title "utilisation"
