#!/usr/bin/env bash
# Cycles of the RTL array against the formula, layer by layer, as a table in Markdown: one network on the preset machine
# with one dataflow. In the last three columns each output-stationary CONV begins while the one before drains. Every dump is checked.
# Builds the tool and the bench if need be. Usage: scripts/rtl_cycles.sh NETWORK ws|os LAYERS [build folder, default
# build/release]
set -euo pipefail
cd "$(dirname "$0")/.."
network=$1 dataflow=$2 layers=$3 build=${4:-build/release}
[ -f "$build/build.ninja" ] || cmake --preset "$(basename "$build")"
cmake --build "$build" --target npusim rtl_bench > /dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed "s/\"dataflows\": \[.*\]/\"dataflows\": [\"$dataflow\"]/" configs/arch/shift_npu.json > "$work/machine.json"
"$build/npusim" compile --network "$network" --arch "$work/machine.json" -o "$work/net.npu" --quiet
"$build/npusim" golden export "$work/net.npu" --arch "$work/machine.json" -o "$work/golden" --level unit --layers "$layers" \
  --format binary --no-cycles > /dev/null
for mode in alone overlap; do
  "$build/tests/rtl/rtl_bench" "$work/golden" "$work/dump" --cycles "$work/$mode.csv" $([ $mode = alone ] || echo --overlap)
  "$build/npusim" golden check --manifest "$work/golden/manifest.json" --dump "$work/dump" > "$work/check.txt" ||
    { cat "$work/check.txt"; exit 1; }
done
awk -F, 'FNR == 1 { file++; next }
  { name = $1; sub(/.*\/[0-9]*_/, "", name) }
  file == 1 { if (!(name in alone)) order[++count] = name; alone[name] += $4; formula[name] += $5; instructions[name]++; flow[name] = $3 }
  file == 2 { overlap[name] += $4; row[name] += $5 }
  END { for (i = 1; i <= count; i++) { n = order[i]
    printf "| `%s` | %s | %d | %d | %d | %+.1f %% |", n, flow[n], instructions[n], alone[n], formula[n], 100 * (formula[n] / alone[n] - 1)
    if (flow[n] == "os") printf " %d | %d | %+.1f %% |\n", overlap[n], row[n], 100 * (row[n] / overlap[n] - 1)
    else printf " | | |\n" } }' "$work/alone.csv" "$work/overlap.csv"
