#!/usr/bin/env bash
# Runs one libFuzzer program of the preset `fuzz`: scripts/fuzz.sh TARGET EXECUTIONS (docs/fuzzing.md).
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?onnx, arch, calibration, quantization or program}
executions=${2:?number of executions}
corpus=build/fuzz/corpus/$target
crashes=build/fuzz/crashes/$target
mkdir -p "$corpus" "$crashes"
program=build/fuzz/tests/fuzz/fuzz_$target
"$program" --write-seeds "$corpus"
regressions=tests/fuzz/regressions/$target
[ -d "$regressions" ] || regressions=
# shellcheck disable=SC2086  # empty: no argument
exec "$program" -runs="$executions" -max_len=65536 -timeout=10 -malloc_limit_mb=512 -rss_limit_mb=2048 \
  -print_final_stats=1 -artifact_prefix="$crashes/" "$corpus" $regressions
