#!/usr/bin/env bash
# Installs what is missing, builds, and runs the whole test suite. Set HOURGLASS_DATA to a folder with the real data
# (see sources/README.md), or tests that need them are skipped and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

# What some tests read our files with; without it they are skipped and say so.
readonly packages=(tensorboard onnx onnxruntime safetensors numpy keras==3.15.1 jax)

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
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel "$(nproc)"
