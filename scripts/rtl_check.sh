#!/usr/bin/env bash
# Export -> Verilated RTL -> check, on SqueezeNext's first module, a depthwise block of MobileNet v2 and a residual add.
# Builds the tool and the RTL bench if need be. Usage: scripts/rtl_check.sh [build folder, default build/release]
set -euo pipefail
cd "$(dirname "$0")/.."
build=${1:-build/release}
[ -f "$build/build.ninja" ] || cmake --preset "$(basename "$build")"
cmake --build "$build" --target npusim rtl_bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check() { # name, network, layers
  echo "== $1: $2, layers $3"
  [ -f "$work/$2.npu" ] || "$build/npusim" compile --network "$2" -o "$work/$2.npu" --quiet
  "$build/npusim" golden export "$work/$2.npu" -o "$work/$1/golden" --level unit --layers "$3" --no-cycles
  "$build/tests/rtl/rtl_bench" "$work/$1/golden" "$work/$1/dump" --cycles "$work/$1/cycles.csv"
  "$build/npusim" golden check --manifest "$work/$1/golden/manifest.json" --dump "$work/$1/dump"
  awk -F, 'NR > 1 { rtl += $4; formula += $5 } END { printf "  RTL array %d cycles, formula %d\n", rtl, formula }' "$work/$1/cycles.csv"
}

check first_module sqnxt_23_1.0 stage1.block1.projection,stage1.block1.reduce1,stage1.block1.reduce2,stage1.block1.3x1,stage1.block1.1x3,stage1.block1.expand,stage1.block1.sum
check depthwise_block mobilenet_v2_1.0 block5.expand,block5.depthwise,block5.project
check residual_add mobilenet_v2_1.0 block5.sum
echo "all match"
