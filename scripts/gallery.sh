#!/usr/bin/env bash
# Makes the pictures of docs/gallery.md again: scripts/gallery.sh NPUSIM [FOLDER]. Sweeps and runs go to FOLDER (default:
# build/gallery), pictures to docs/images/gallery. Minutes.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
npusim="${1:?usage: scripts/gallery.sh NPUSIM [FOLDER]}"
work="${2:-$root/build/gallery}"
pictures="$root/docs/images/gallery"
rm -rf "$work"
mkdir -p "$work/runs" "$pictures"

for sweep in pe_array buffer_bandwidth dataflow precision; do
  "$npusim" sweep "$root/configs/sweeps/$sweep.json" --out "$work/$sweep" --no-confirm --quiet
done
for variant in 23 23v2 23v3 23v4 23v5; do
  "$npusim" run --network "sqnxt_${variant}_1.0" --engine estimate --out "$work/runs/$variant" --quiet
done
"$npusim" codesign --arch squeezelerator_16x16 --max-params 1e6 --max-macs 280e6 --out "$work/codesign" --no-confirm

"$npusim" plot curve "$work/pe_array" --axis pe --metric cycles -o "$pictures/pe_cycles"
"$npusim" plot curve "$work/pe_array" --axis pe --metric utilisation_percent -o "$pictures/pe_utilisation"
"$npusim" plot front "$work/pe_array" --network sqnxt_23v5_1.0 -o "$pictures/pe_front"
"$npusim" plot curve "$work/buffer_bandwidth" --axis bytes_per_cycle --metric cycles -o "$pictures/bandwidth_cycles"
"$npusim" plot curve "$work/buffer_bandwidth" --axis buffer_bytes --metric dram_bytes -o "$pictures/buffer_traffic"
"$npusim" plot curve "$work/dataflow" --axis pe --metric cycles --by dataflows --network mobilenet_v1_1.0 -o "$pictures/dataflow_cycles"
"$npusim" plot curve "$work/precision" --axis memory --metric energy --by bits --network sqnxt_23v5_1.0 -o "$pictures/precision_energy"
"$npusim" plot networks "$work/runs" -o "$pictures/variants"
"$npusim" plot energy "$work/runs" -o "$pictures/variants_energy"
"$npusim" plot layers "$work/runs/23" -o "$pictures/layers_23"
"$npusim" plot layers "$work/runs/23v5" -o "$pictures/layers_23v5"
"$npusim" plot roofline "$work/runs/23v5" -o "$pictures/roofline"
"$npusim" plot memory "$work/runs/23v5" -o "$pictures/memory"
"$npusim" plot front "$work/codesign" -o "$pictures/codesign"
rm -f "$pictures"/*.png
