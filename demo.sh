#!/usr/bin/env bash
# The demonstration: installs what is missing, builds the release preset, compiles and simulates two built-in networks in
# SystemC on the default machine, then measures the accuracy of a small trained network on handwritten digits, in float
# and in integers. Results go to out/. Needs nothing outside this checkout but Debian's
# packages. Runs from any folder, any number of times.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
scripts/setup.sh
scripts/build.sh release npusim

npusim="$root/build/release/npusim"
show() {
  echo
  echo "\$ npusim $*"
  "$npusim" "$@"
}

show --version
show run --network sqnxt_23v5_1.0 --out out/sqnxt_23v5_1.0
show run --network mobilenet_v2_1.0 --quiet --out out/mobilenet_v2_1.0
echo
workloads/train/digits.py --out out/digits
show accuracy --network workloads/trained/digits/mobilenet_v1_0.25.onnx --calibration out/digits/train \
  --images out/digits/test --schemes layer,shift,shift+recipe --quiet --out out/digits_accuracy
echo "Ten digits are easy: layer-wise weights without shift do not collapse here, as they do on ImageNet (docs/accuracy.md)."
echo
echo "Tables and JSON of all runs are in out/. Next: build/release/npusim run --help"
