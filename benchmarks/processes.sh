#!/usr/bin/env bash
# What several processes on this machine cost and bring: sums of gradients, and steps of recipes by one and by two
# processes of one thread, alternating. Prints a table; docs/scaling.md has one.
#
#   benchmarks/processes.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
readonly build=${1:-build}
readonly repeats=5

# start_two PROGRAM ARGUMENT…: rank 0's output.
start_two() {
  local port=$((20000 + RANDOM % 20000))
  MASTER_ADDR=127.0.0.1 MASTER_PORT=$port WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 RANK=1 "$@" >/dev/null &
  MASTER_ADDR=127.0.0.1 MASTER_PORT=$port WORLD_SIZE=2 LOCAL_WORLD_SIZE=2 RANK=0 "$@"
  wait
}

# step_time FOLDER: µs a step of the fastest epoch.
step_time() {
  awk -F, -v steps="$steps" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "seconds") column = i; next }
    NR > 2 && (least == "" || $column < least) { least = $column }
    END { printf "%.0f\n", least / steps * 1e6 }' "$1/metrics.csv"
}

# summary: minimum and median of numbers, one a line.
summary() {
  sort -n | awk '{ all[NR] = $1 } END { printf "%d (%d)", all[1], all[int((NR + 1) / 2)] }'
}

echo "sums of two processes"
start_two "$build/benchmarks/process_sums"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
readonly steps=50
echo
echo "| recipe | one process, 1 thread | one process, 2 threads | two processes of 1 thread |"
echo "|---|---|---|---|"
while read -r program recipe; do
  for ((repeat = 0; repeat < repeats; repeat++)); do
    arguments=(--recipe "$recipe" --steps-per-epoch "$steps" --epochs 4 --no-figures --quiet --validation none)
    "$build/bin/$program" "${arguments[@]}" --threads 1 --out "$folder/a$repeat" >/dev/null
    step_time "$folder/a$repeat" >>"$folder/one"
    "$build/bin/$program" "${arguments[@]}" --threads 2 --out "$folder/b$repeat" >/dev/null
    step_time "$folder/b$repeat" >>"$folder/threads"
    start_two "$build/bin/$program" "${arguments[@]}" --threads 1 --out "$folder/c$repeat" >/dev/null
    step_time "$folder/c$repeat" >>"$folder/two"
  done
  echo "| $recipe | $(summary <"$folder/one") | $(summary <"$folder/threads") | $(summary <"$folder/two") |"
  rm -rf "${folder:?}"/*
done <<'RECIPES'
dense_autoencoder mnist-50
dense_autoencoder fashion-deep-32
convolutional_autoencoder fashion-conv
lstm_autoencoder mnist-rows
RECIPES
