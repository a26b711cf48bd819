#!/usr/bin/env bash
# Seconds an epoch of each dense recipe by number of threads, the best of several alternating runs: what the rule of
# `--threads auto` (runs/run_options.cpp) was found with. Needs a built project and the data sets.
#
#   benchmarks/threads.sh [REPEATS]
set -euo pipefail
cd "$(dirname "$0")/.."

repeats=${1:-3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for ((repeat = 0; repeat < repeats; ++repeat)); do
  for recipe in digits-2d mnist-2d-relu mnist-2d-linear mnist-50 fashion-32 fashion-deep-32; do
    for ((threads = 1; threads <= $(nproc); threads *= 2)); do
      build/bin/dense_autoencoder --recipe "$recipe" --epochs 3 --threads "$threads" --out "$folder/run" \
        --no-figures --quiet >/dev/null
      tail -n +2 "$folder/run/metrics.csv" | awk -F, -v key="$recipe $threads" '{ print key, $NF }'
      rm -rf "$folder/run"
    done
  done
done | sort -k1,1 -k2,2n -k3,3g | awk '
  BEGIN { printf "%-16s %8s %12s\n", "recipe", "threads", "seconds" }
  { key = $1 " " $2 } key != last { printf "%-16s %8s %12s\n", $1, $2, $3; last = key }'
