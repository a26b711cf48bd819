#!/usr/bin/env bash
# Trains sparse autoencoders with Hourglass and with SAELens, side by side in one run, and writes
# docs/sparse_performance.md with a chart. SAELens comes from PyPI, into an environment of its own under build/. On a quiet
# machine of two cores everything takes 40 minutes.
#
#   benchmarks/sparse.sh                                           everything
#   benchmarks/sparse.sh --most-latents 1024 --threads 1           the small size, one thread
#   benchmarks/sparse.sh --report-only                             the page again, from the lines that are there
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh

readonly packages=(sae-lens==6.54.12 torch==2.13.0)

if asks_for_help "$@"; then exec python3 benchmarks/sparse_comparison.py --help; fi
[ -f build/CMakeCache.txt ] || scripts/setup.sh
mkdir -p build/benchmarks
cmake -S . -B build -DHOURGLASS_BENCHMARKS=ON >build/benchmarks.log
cmake --build build --target sparse_speed speed_chart >>build/benchmarks.log
make_environment saelens "${packages[@]}"
exec "$python" benchmarks/sparse_comparison.py "$@"
