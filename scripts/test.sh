#!/usr/bin/env bash
# Installs what is missing, builds, and runs the whole test suite. Set HOURGLASS_DATA to a folder with the real data
# (see sources/README.md), or tests that need them are skipped and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

# What some tests read our files with; without it they are skipped and say so.
install_test_packages() {
  local python=build/test-venv/bin/python
  "$python" -c 'import tensorboard, keras, jax' 2>/dev/null && return
  echo "test: installing tensorboard, and Keras with JAX, into build/test-venv"
  if ! { python3 -m venv build/test-venv && "$python" -m pip install --quiet tensorboard keras==3.15.1 jax; } >build/test-venv.log 2>&1; then
    echo "test: they could not be installed (log: build/test-venv.log): their tests will be skipped"
  fi
}

scripts/build.sh "$@"
install_test_packages
exec ctest --test-dir build --output-on-failure --no-tests=error --parallel "$(nproc)"
