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

load() {
  cut -d ' ' -f 1 /proc/loadavg
}

is_quiet() {
  awk '{ exit !($1 < 0.3) }' /proc/loadavg
}

# The build above, and what ran before, is in the load for some minutes.
wait_until_quiet() {
  local end=$((SECONDS + 180))
  is_quiet || echo "compare.sh: waiting for the machine to be quiet (load $(load))"
  until is_quiet; do
    if ((SECONDS >= end)); then
      echo "compare.sh: warning: the machine is not quiet (load $(load)); what else it does is in the times" >&2
      return
    fi
    sleep 5
  done
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
wait_until_quiet
python3 benchmarks/compare.py "$@"
python3 benchmarks/performance_report.py
