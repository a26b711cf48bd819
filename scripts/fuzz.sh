#!/usr/bin/env bash
# Fuzzes the readers of files with libFuzzer and the sanitizers of the preset fuzz, each for so many seconds, beginning with
# tests/fuzz/corpus. What makes one crash, or take too much memory or time, lies in build-fuzz/found/ afterwards; mended, it
# belongs into the corpus as "found-…". Ends with a table of executions, and exit code 1 where something was found.
#
#   scripts/fuzz.sh SECONDS [READER…]
#
# Needs Clang with its sanitizers (Debian: clang libclang-rt-dev).
set -euo pipefail
cd "$(dirname "$0")/.."

readonly seconds=${1:-}
[[ $seconds =~ ^[0-9]+$ ]] || {
  echo "fuzz.sh: expected a number of seconds for each reader, found '$seconds'" >&2
  exit 2
}
shift
readonly build=build-fuzz
source scripts/sanitizer_options.sh

mkdir -p "$build"
cmake --preset fuzz >"$build/configure.log" 2>&1 || {
  echo "fuzz.sh: configuring failed: see $build/configure.log" >&2
  exit 1
}
cmake --build "$build" --target fuzz_readers >"$build/build.log" 2>&1 || {
  echo "fuzz.sh: building failed: see $build/build.log" >&2
  exit 1
}
readonly program=$build/tests/fuzz_readers

mapfile -t all < <("$program" 2>&1 >/dev/null | grep -E '^[a-z0-9_]+$' || true)
readers=("$@")
total=0
[ $# -gt 0 ] || readers=("${all[@]}")
[ ${#readers[@]} -gt 0 ] || {
  echo "fuzz.sh: $program names no readers" >&2
  exit 1
}
mkdir -p "$build/found"
failed=0
echo "| reader | executions | a second | found |"
echo "|---|---|---|---|"
for reader in "${readers[@]}"; do
  mkdir -p "$build/corpus/$reader"
  log=$build/$reader.log
  HOURGLASS_READER=$reader "$program" "$build/corpus/$reader" "tests/fuzz/corpus/$reader" -max_total_time="$seconds" \
    -rss_limit_mb=3000 -malloc_limit_mb=1000 -timeout=20 -print_final_stats=1 -artifact_prefix="$build/found/$reader-" >"$log" 2>&1 ||
    failed=1
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  found=$(grep -oE 'SUMMARY: .*' "$log" | head -n 1 || true)
  total=$((total + ${executions:-0}))
  echo "| $reader | ${executions:-0} | ${rate:-0} | ${found:-nothing} |"
done
echo "| all | $total | | |"
exit $failed
