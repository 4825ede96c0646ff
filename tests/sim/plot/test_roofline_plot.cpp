// The picture of a roofline made by hand.
#include "sim/plot/roofline_plot.h"
#include "tests/support.h"

namespace npu::sim {

TEST_CASE(
    "A roofline's ceiling bends at the ridge, and each layer is a point of the ceiling that bounds it") {
  Roofline lines;
  lines.peak_macs_per_cycle = 256;
  lines.bytes_per_cycle = 16;
  lines.layers = {
      {"first", 4, 60, 64, true}, {"second", 100, 200, 256, false}, {"third", 50, 90, 256, false}};
  lines.network = {"all", 20, 100, 256, false};
  const auto plot = roofline_plot(lines, "title");
  CHECK(plot.x.logarithmic);
  CHECK(plot.y.logarithmic);
  REQUIRE(plot.series.size() == 4);
  CHECK(plot.series[0].x == std::vector<double>{2, 16, 200});
  CHECK(plot.series[0].y == std::vector<double>{32, 256, 256});
  CHECK(plot.series[1].y == std::vector<double>{60});
  CHECK(plot.series[2].y == std::vector<double>{200, 90});
  CHECK(plot.series[3].x == std::vector<double>{20});
  CHECK_FALSE(gnuplot_script(plot).empty());
}

TEST_CASE("A roofline without layers is the ceiling alone") {
  Roofline lines;
  lines.peak_macs_per_cycle = 64;
  lines.bytes_per_cycle = 8;
  const auto plot = roofline_plot(lines, "title");
  REQUIRE(plot.series.size() == 1);
  CHECK(plot.series[0].x == std::vector<double>{4, 8, 16});
}

}  // namespace npu::sim
