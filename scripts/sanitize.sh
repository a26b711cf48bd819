#!/usr/bin/env bash
# Builds and runs the test suite with the address and undefined-behaviour sanitizers, or what is threaded with the thread
# sanitizer, in a folder of its own (build-asan, build-tsan). Ends with CTest's summary; takes an hour or two.
#
#   scripts/sanitize.sh address|thread [CTEST OPTION…]
#
# Needs Clang with its sanitizers (Debian: clang libclang-rt-dev). docs/reliability.md has the last result.
set -euo pipefail
cd "$(dirname "$0")/.."

# Tests that only start another compiler, or measure what sanitizers change.
readonly unsuited='^(install|debian_package|package|program_pages|start_up|docs_commands|fault_sweep)$'

case ${1:-} in
address)
  readonly preset=asan targets=(all) tests=(--exclude-regex "$unsuited")
  ;;
thread)
  readonly preset=tsan targets=(kernels_test datasets_test training_test)
  readonly tests=(--tests-regex 'Fused|Thread|Team|Ahead|Parallel|Process|Engine|Sampler|Mapped')
  ;;
*)
  echo "sanitize.sh: expected address or thread, found '${1:-}'" >&2
  exit 2
  ;;
esac
shift
source scripts/sanitizer_options.sh

cmake --preset $preset >/dev/null
cmake --build --preset $preset --target "${targets[@]}"
exec ctest --preset $preset --no-tests=error --parallel "$(nproc)" "${tests[@]}" "$@"
