#!/usr/bin/env bash
# Installs what is missing, builds the dev preset (warnings are errors) and runs every test. Tests that need the
# development material in ../shared are reported as skipped where it is absent. Exit code: ctest's.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cd "$root"
scripts/setup.sh
scripts/build.sh dev
ctest --preset dev -j "$(nproc)" "$@"
