#!/usr/bin/env bash
# Installs what is missing, builds, and runs the whole test suite. Set HOURGLASS_DATA to a folder with the real data
# (see sources/README.md), or tests that need them are skipped and say so. With HOURGLASS_TEST_SAELENS=1 it also installs
# SAELens, which takes ten minutes, for the test of what it reads of ours.
set -euo pipefail
cd "$(dirname "$0")/.."

# What some tests read our files with; without it they are skipped and say so.
readonly packages=(tensorboard onnx onnxruntime safetensors numpy keras==3.15.1 jax)

readonly saelens=(sae-lens==6.54.12 torch==2.13.0)

install_saelens() {
  [ "$(cat build/saelens-venv/installed 2>/dev/null)" = "${saelens[*]}" ] && return
  echo "test: installing ${saelens[*]} into build/saelens-venv"
  python3 -m venv build/saelens-venv &&
    build/saelens-venv/bin/python -m pip install --quiet "${saelens[@]}" >build/saelens-venv.log 2>&1 &&
    echo "${saelens[*]}" >build/saelens-venv/installed
}

install_test_packages() {
  local stamp=build/test-venv/installed
  [ "$(cat "$stamp" 2>/dev/null)" = "${packages[*]}" ] && return
  echo "test: installing ${packages[*]} into build/test-venv"
  if python3 -m venv build/test-venv &&
    build/test-venv/bin/python -m pip install --quiet "${packages[@]}"; then
    echo "${packages[*]}" >"$stamp"
  else
    return 1
  fi >build/test-venv.log 2>&1
}

scripts/build.sh "$@"
install_test_packages ||
  echo "test: they could not all be installed (log: build/test-venv.log): tests without theirs will be skipped"
if [ "${HOURGLASS_TEST_SAELENS:-}" = 1 ]; then
  install_saelens || echo "test: SAELens could not be installed (log: build/saelens-venv.log): its test will be skipped"
fi
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel "$(nproc)"
