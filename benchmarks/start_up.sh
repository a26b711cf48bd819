#!/usr/bin/env bash
# Milliseconds from the start of a program to the end of its --help, and to a trainer's first step on the embedded digits:
# a JSON line each, {"program": …, "what": "help" or "first step", "milliseconds": […]}. Needs built programs; several
# folders of them are run alternately.
#
#   benchmarks/start_up.sh [REPEATS [FOLDER…]]
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

repeats=${1:-20}
folders=("${@:2}")
[ ${#folders[@]} -gt 0 ] || folders=(build/bin)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset HOURGLASS_DATA

milliseconds() {  # between two times in seconds
  awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", 1000 * (to - from) }'
}

help() {
  local start=$EPOCHREALTIME
  "$1" --help >/dev/null
  milliseconds "$start" "$EPOCHREALTIME"
}

# An epoch of one step on the one thread that the recipe gets, with its validation: its end is when metrics.csv was last
# written to.
first_step() {
  local start=$EPOCHREALTIME
  "$1" --epochs 1 --batch-size 10000 --threads 1 --no-figures --quiet --out "$scratch/run" >/dev/null
  milliseconds "$start" "$(stat -c %.Y "$scratch/run/metrics.csv")"
  rm -rf "$scratch/run"
}

declare -A times
for ((repeat = 0; repeat <= repeats; ++repeat)); do
  for folder in "${folders[@]}"; do
    for measured in "inspect help" "dense_autoencoder help" "dense_autoencoder first_step"; do
      read -r program what <<<"$measured"
      took=$($what "$folder/$program")
      # The first round reads from the disk.
      ((repeat == 0)) || times[$folder/$measured]+=", $took"
    done
  done
done
for measured in "${!times[@]}"; do
  printf '{"program": "%s", "what": "%s", "milliseconds": [%s]}\n' "${measured% *}" \
    "$(tr _ ' ' <<<"${measured##* }")" "${times[$measured]#, }"
done | sort
