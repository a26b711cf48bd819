#!/usr/bin/env bash
# Trains recipes and writes docs/results.md: published numbers, references and ours side by side.
#
#   scripts/reproduce.sh [--epochs N] [--runs DIR] [RECIPE…]     all recipes by default
#   scripts/reproduce.sh --table                                 only writes the table again
#
# Recipes of the dense family are trained with seeds 1, 2 and 3. Runs lie in runs/reproduce/RECIPE-seedN. What is
# finished is not trained again, and what was stopped goes on where it was, so that the script can be interrupted and
# called again; with --epochs N, runs end early after N epochs and go on in a later call without it.
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
readonly variants=(dense sparse contractive convolutional denoising lstm variational)

# Lines of "variant recipe epochs".
all_recipes() {
  local variant
  for variant in "${variants[@]}"; do
    "$bin/${variant}_autoencoder" --list-recipes | awk -v variant="$variant" 'NR > 1 { print variant, $1, $3 }'
  done
}

# What run.json says at a path of keys, or nothing.
recorded() {  # FOLDER KEY...
  python3 scripts/results_table.py --get "$@"
}

train() {  # VARIANT RECIPE EPOCHS SEED
  local program=$bin/$1_autoencoder folder=$runs/$2-seed$4 epochs=$3 finished
  local arguments=(--no-figures --log-every 10)
  if [ -n "$limit" ] && ((limit < epochs)); then
    epochs=$limit
    arguments+=(--stop-after "$limit")
  fi
  if [ -f "$folder/run.json" ]; then
    finished=$(recorded "$folder" results epochs)
    if ((${finished:-0} >= epochs)); then
      echo "reproduce: $2, seed $4: done before"
      return
    fi
    arguments+=(--resume "$folder")
  else
    arguments+=(--recipe "$2" --seed "$4" --out "$folder")
  fi
  echo "reproduce: $2, seed $4: up to epoch $epochs"
  "$program" "${arguments[@]}"
}

limit= runs=runs/reproduce table_only= wanted=()
while (($# > 0)); do
  case $1 in
    --epochs) (($# > 1)) && [[ $2 =~ ^[1-9][0-9]*$ ]] || wrong_usage "--epochs: expected a whole number"; limit=$2; shift ;;
    --runs) (($# > 1)) || wrong_usage "--runs: expected a folder"; runs=$2; shift ;;
    --table) table_only=yes ;;
    --help | -h) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
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
    [ "$variant" = dense ] && seeds=(1 2 3)
    for seed in "${seeds[@]}"; do train "$variant" "$recipe" "$epochs" "$seed"; done
  done
fi
python3 scripts/results_table.py "$runs" docs/results.md
echo "reproduce: docs/results.md"
