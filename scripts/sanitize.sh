#!/usr/bin/env bash
# Builds and runs tests with Clang's sanitizers, which find what goes wrong without being seen.
#
#   scripts/sanitize.sh [address] [CTEST OPTION…]   the suite, with those of addresses and undefined behaviour, in build-asan: an hour or two
#   scripts/sanitize.sh threads [GTEST OPTION…]     the tests of what has threads of its own, with that of threads, in build-tsan
#
# Needs Clang with its sanitizers (Debian: clang libclang-rt-dev).
set -euo pipefail
cd "$(dirname "$0")/.."

# Tests that only start another compiler, measure what sanitizers change (time, memory), or preload a library that takes the
# place of the functions that a sanitizer takes the place of (faults).
readonly unmeasurable='*LoadingMemory*:*MoreMemory*'
readonly unsuited='^(install|debian_package|package|program_pages|start_up|docs_commands|fault_sweep|kill_sweep_at_calls)$|LoadingMemory|MoreMemory'
# Whose code starts threads: the fused engine, data read ahead, files that are followed.
readonly threaded=(kernels_test datasets_test sources_test training_test)

source scripts/sanitizer_options.sh

check_threads() {
  local program failed=0
  cmake --preset tsan >/dev/null
  cmake --build --preset tsan --target "${threaded[@]}"
  for program in "${threaded[@]}"; do
    echo "== $program"
    "build-tsan/tests/$program" --gtest_brief=1 --gtest_filter="-$unmeasurable" "$@" || failed=1
  done
  return $failed
}

case ${1:-address} in
  threads)
    shift
    check_threads "$@"
    ;;
  *)
    [ "${1:-}" != address ] || shift
    cmake --preset asan >/dev/null
    cmake --build --preset asan
    exec ctest --preset asan --no-tests=error --parallel "$(nproc)" --exclude-regex "$unsuited" "$@"
    ;;
esac
