#!/usr/bin/env bash
# Trains recipes and writes docs/results.md: published numbers, references and ours side by side.
#
#   scripts/reproduce.sh [--epochs N] [--runs DIR] [RECIPE…]     all recipes by default
#   scripts/reproduce.sh --table                                 only writes the table again
#
# Rows of recipes that are not run stay in the table as they are, with the day and the machine they were run on. Recipes of
# the dense family, those of the embedded digits, and fashion-vae-conv-2d, whose start differs much from seed to seed, are
# trained with seeds 1, 2 and 3. Runs lie in runs/reproduce/RECIPE-seedN. What is finished is not trained again, and what was
# stopped goes on where it was, so that the script can be interrupted and called again; with --epochs N, runs end early after
# N epochs and go on in a later call without it. What the recipes are compared with is measured once the runs of both sides
# are there.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "reproduce: $*" >&2
  exit 1
}

wrong_usage() {
  echo "reproduce: $*; expected [--epochs N] [--runs DIR] [--table] [RECIPE...]" >&2
  exit 2
}

readonly bin=build/bin

# Lines of "variant recipe epochs", of every trainer that was built.
all_recipes() {
  local program variant
  for program in "$bin"/*_autoencoder; do
    variant=$(basename "$program" _autoencoder)
    "$program" --list-recipes | awk -v variant="$variant" 'NR > 1 { print variant, $1, $3 }'
  done
}

# What run.json says at a path of keys, or nothing.
recorded() {  # FOLDER KEY...
  python3 scripts/results_table.py --get "$@"
}

train() {  # VARIANT RECIPE EPOCHS SEED NAME ARGUMENT...
  local program=$bin/$1_autoencoder recipe=$2 epochs=$3 seed=$4 name=$5 folder=$runs/$5 finished
  shift 5
  local arguments=(--no-figures --log-every 10)
  if [ -n "$limit" ] && ((limit < epochs)); then
    epochs=$limit
    arguments+=(--stop-after "$limit")
  fi
  if [ -f "$folder/run.json" ]; then
    finished=$(recorded "$folder" results epochs)
    if ((${finished:-0} >= epochs)); then
      echo "reproduce: $name: done before"
      return
    fi
    arguments+=(--resume "$folder")
  else
    arguments+=(--recipe "$recipe" --seed "$seed" --out "$folder" "$@")
  fi
  echo "reproduce: $name: up to epoch $epochs"
  "$program" "${arguments[@]}"
}

# evaluate's measures of a run, as judged/NAME.json.
judge() {  # NAME FOLDER ARGUMENT...
  local output=$runs/judged/$1.json folder=$2
  shift 2
  if [ ! -f "$folder/best.pt" ] || [ "$output" -nt "$folder/best.pt" ]; then return; fi
  echo "reproduce: judging $folder"
  mkdir -p "$runs/judged"
  "$bin/evaluate" "$folder/best.pt" --json --quiet "$@" >"$output.part"
  mv "$output.part" "$output"
}

# What the comparisons of the table need beside the recipes' own runs.
compare() {
  local contractive=mnist-contractive-seed1 noise=(--corruption gaussian:0.5)
  local recipe
  for recipe in digits-contractive digits-conv digits-rows digits-sparse mnist-rows mnist-deep-30; do
    judge "$recipe" "$runs/$recipe-seed1"
  done
  judge fashion-conv-noisy "$runs/fashion-conv-seed1" "${noise[@]}"
  judge fashion-denoise-noisy "$runs/fashion-denoise-seed1" "${noise[@]}"
  if [ -f "$runs/$contractive/best.pt" ]; then
    train contractive mnist-contractive "$(recorded "$runs/$contractive" options epochs)" 1 \
      mnist-contractive-without --contraction 0
  fi
}

limit= runs=runs/reproduce table_only= wanted=()
while (($# > 0)); do
  case $1 in
    --epochs) (($# > 1)) && [[ $2 =~ ^[1-9][0-9]*$ ]] || wrong_usage "--epochs: expected a whole number"; limit=$2; shift ;;
    --runs) (($# > 1)) || wrong_usage "--runs: expected a folder"; runs=$2; shift ;;
    --table) table_only=yes ;;
    --help | -h) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) wrong_usage "unknown option $1" ;;
    *) wanted+=("$1") ;;
  esac
  shift
done
command -v python3 >/dev/null || fail "python3 is missing; the table needs it"

if [ -z "$table_only" ]; then
  [ -x "$bin/dense_autoencoder" ] || fail "$bin/dense_autoencoder is missing; run scripts/build.sh first"
  mapfile -t recipes < <(all_recipes)
  for name in "${wanted[@]}"; do
    printf '%s\n' "${recipes[@]}" | grep -q " $name " || fail "no recipe '$name'; --list-recipes of a trainer shows them"
  done
  for line in "${recipes[@]}"; do
    read -r variant recipe epochs <<<"$line"
    if ((${#wanted[@]} > 0)) && [[ " ${wanted[*]} " != *" $recipe "* ]]; then continue; fi
    seeds=(1)
    if [ "$variant" = dense ] || [[ $recipe == digits-* ]] || [ "$recipe" = fashion-vae-conv-2d ]; then seeds=(1 2 3); fi
    for seed in "${seeds[@]}"; do train "$variant" "$recipe" "$epochs" "$seed" "$recipe-seed$seed"; done
  done
fi
[ -n "$table_only" ] || compare
python3 scripts/results_table.py "$runs" docs/results.md
echo "reproduce: docs/results.md"
