#!/usr/bin/env bash
# Installs what is missing, builds, and runs the whole test suite. Set HOURGLASS_DATA to a folder with the real data
# (see sources/README.md), or tests that need them are skipped and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh "$@"
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel "$(nproc)"
