#!/usr/bin/env bash
# Builds and runs the test suite with the address and undefined-behaviour sanitizers, in build-asan. Takes an hour or two.
#
#   scripts/sanitize.sh [CTEST OPTION…]
#
# Needs Clang with its sanitizers (Debian: clang libclang-rt-dev).
set -euo pipefail
cd "$(dirname "$0")/.."

# Tests that only start another compiler, or measure what sanitizers change.
readonly unsuited='^(install|debian_package|package|program_pages|start_up|docs_commands|fault_sweep)$'

source scripts/sanitizer_options.sh
cmake --preset asan >/dev/null
cmake --build --preset asan
exec ctest --preset asan --no-tests=error --parallel "$(nproc)" --exclude-regex "$unsuited" "$@"
