#!/usr/bin/env bash
# Builds everything in build/ after scripts/setup.sh; when that fails, the compiler's messages are shown.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup.sh "$@"
echo "build: compiling"
cmake --build build
