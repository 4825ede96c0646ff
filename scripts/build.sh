#!/usr/bin/env bash
# scripts/build.sh PRESET [TARGET...]: configures and builds one CMake preset, quietly where nothing goes wrong.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
preset="${1:?usage: scripts/build.sh PRESET [TARGET...]}"
shift

# A compiler of this project's files takes up to 1 GB: fewer jobs than cores where memory is short.
jobs="$(nproc)"
memory_gb="$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)"
if [ "$memory_gb" -lt "$jobs" ]; then jobs=$((memory_gb > 0 ? memory_gb : 1)); fi

cd "$root"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
echo "build: configuring preset $preset"
if ! cmake --preset "$preset" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
echo "build: compiling with $jobs jobs (build/$preset)"
if [ $# -gt 0 ]; then
  cmake --build --preset "$preset" -j "$jobs" --target "$@"
else
  cmake --build --preset "$preset" -j "$jobs"
fi
