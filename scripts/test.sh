#!/usr/bin/env bash
# Installs what is missing, builds, and runs the whole test suite. Set HOURGLASS_DATA to a folder with the real data
# (see sources/README.md), or tests that need them are skipped and say so. With HOURGLASS_TEST_SAELENS=1 it also installs
# SAELens, which takes ten minutes, for the test of what it reads of ours.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

# What some tests read our files with; without it they are skipped and say so.
readonly packages=(tensorboard onnx onnxruntime safetensors numpy keras==3.15.1 jax)

readonly saelens=(sae-lens==6.54.12 torch==2.13.0)

scripts/build.sh "$@"
make_environment test "${packages[@]}" || echo "test.sh: tests without theirs will be skipped"
if [ "${HOURGLASS_TEST_SAELENS:-}" = 1 ]; then
  make_environment saelens "${saelens[@]}" || echo "test.sh: SAELens' test will be skipped"
fi
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel "$(nproc)"
