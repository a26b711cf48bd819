#!/usr/bin/env bash
# Trains the recipes with Hourglass and with its peers, side by side in one run, and writes docs/performance.md with a
# chart; benchmarks/README.md says how to read it. What it needs besides a built project comes from PyPI, into an
# environment of its own under build/. With --help: all options.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

# Versions that go together; torch is the one that the project links.
readonly packages=(torch==2.13.0 jax==0.10.2 keras==3.15.1 tensorflow-cpu==2.21.0 onnxruntime==1.32.0 onnx==1.23.2)
readonly programs=(training_speed inference_speed product_speed app_dense_autoencoder app_variational_autoencoder
  app_convolutional_autoencoder)

# quietly WHAT LOG COMMAND…
quietly() {
  local what=$1 log=$2
  shift 2
  echo "compare.sh: $what"
  "$@" >"$log" 2>&1 || fail "$what failed: $(grep -iE 'error|fail|no space' "$log" | head -n 1) (log: $log)"
}

build() {
  [ -f build/CMakeCache.txt ] || scripts/setup.sh
  quietly "configuring" build/benchmarks.log cmake -S . -B build -DHOURGLASS_BENCHMARKS=ON
  local targets=("${programs[@]}")
  grep -q '^HOURGLASS_FIGURES:BOOL=ON' build/CMakeCache.txt && targets+=(speed_chart)
  quietly "building" build/benchmarks.log cmake --build build --target "${targets[@]}"
}

command -v python3 >/dev/null || fail "python3 is missing"
# Wrong options, and --help, before anything is built.
python3 benchmarks/compare.py --check "$@"
if asks_for_help "$@"; then exit; fi
for word in "$@"; do
  if [ "$word" = --report-only ]; then exec python3 benchmarks/performance_report.py; fi
done
build
make_environment benchmarks "${packages[@]}"
python3 benchmarks/compare.py "$@"
python3 benchmarks/performance_report.py
