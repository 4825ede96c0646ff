#!/usr/bin/env bash
# The demonstration: installs what is missing, builds the release preset, then compiles and simulates two built-in
# networks in SystemC on the default machine. Results go to out/. Needs nothing outside this checkout but Debian's
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
echo "Tables and result.json of both runs are in out/. Next: build/release/npusim run --help"
