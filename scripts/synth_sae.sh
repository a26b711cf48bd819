#!/usr/bin/env bash
# Trains the dictionaries of SynthSAEBench, small or as published, writes them for SAELens, and has SAELens score them: a row
# each of the tables in docs/sparse_autoencoders.md.
#
#   scripts/synth_sae.sh --tools DIR [--published] [--data DIR] [--runs DIR] [--shards N] [--seeds "0 1"] [KIND…]
#
# --tools has make_data.py and evaluate_folder.py, which need SAELens: PYTHON=… says which Python has it. --data is made where
# it is missing (4.3 GB with 16 shards; 6.4 GB and over an hour with 8 of the published size). KINDs are topk, batchtopk,
# matryoshka, and of the small one jumprelu and standard; all by default. What is finished is not trained again.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "synth_sae: $*" >&2
  exit 1
}

readonly python=${PYTHON:-build/saelens-venv/bin/python}
tools="" recipe=synth-sae data="" runs="" shards="" seeds="0 1"
kinds=()
while [ $# -gt 0 ]; do
  case $1 in
    --tools) tools=$2; shift 2 ;;
    --published) recipe=synth-sae-16k; shift ;;
    --data) data=$2; shift 2 ;;
    --runs) runs=$2; shift 2 ;;
    --shards) shards=$2; shift 2 ;;
    --seeds) seeds=$2; shift 2 ;;
    -*) echo "synth_sae: expected --tools, --published, --data, --runs, --shards or --seeds, found $1" >&2; exit 2 ;;
    *) kinds+=("$1"); shift ;;
  esac
done
runs=${runs:-runs/$recipe}
data=${data:-$runs/data}
if [ $recipe = synth-sae ]; then
  shards=${shards:-16} heldout=100000 active=12 prefixes=32,128,512
  maker=("$tools/make_data.py")
  [ ${#kinds[@]} -gt 0 ] || kinds=(topk batchtopk matryoshka jumprelu standard)
else
  shards=${shards:-8} heldout=20000 active=25 prefixes=128,512,2048
  maker=(scripts/synth_sae_16k.py "$tools")
  [ ${#kinds[@]} -gt 0 ] || kinds=(topk batchtopk matryoshka)
fi
[ -f "$tools/make_data.py" ] || fail "--tools: expected a folder with make_data.py, found '$tools'"
[ -x build/bin/sparse_autoencoder ] || fail "build/bin/sparse_autoencoder is missing; run scripts/build.sh first"

# What a kind changes of the recipe, which is BatchTopK.
options_of() {
  case $1 in
    topk) echo --sparsity "topk:$active" ;;
    batchtopk) ;;
    matryoshka) echo --sparsity "matryoshka-batch-topk:$active,$prefixes" --prefix-auxiliary ;;
    jumprelu) echo --sparsity jumprelu --l0-coefficient 3 --jump-bandwidth 1 --jump-threshold 1 --decoder-norm 0.5 --scale norm ;;
    standard) echo --sparsity standard --l1-coefficient 2 --coefficient-warmup $((shards * 256 / 3)) ;;
    *) fail "expected topk, batchtopk, matryoshka, jumprelu or standard, found '$1'" ;;
  esac
}

if [ ! -f "$data/heldout_features.safetensors" ]; then
  "$python" "${maker[@]}" --out "$data" --shards "$shards" --heldout "$heldout"
fi

folders=()
for kind in "${kinds[@]}"; do
  for seed in $seeds; do
    run="$runs/$kind-$seed"
    if [ ! -f "$run/saelens/cfg.json" ]; then
      resume=(--recipe "$recipe" --dataset "npy:$data/train_*.npy" --seed "$seed" --out "$run")
      if [ -f "$run/last.safetensors" ]; then resume=(--resume "$run"); fi
      # shellcheck disable=SC2046  # several words
      if [ ${#resume[@]} -gt 2 ]; then resume+=($(options_of "$kind")); fi
      build/bin/sparse_autoencoder "${resume[@]}" --no-figures
      build/bin/export "$run/best.pt" --format saelens --out "$run/saelens"
    fi
    folders+=("$run/saelens")
  done
done

"$python" "$tools/evaluate_folder.py" --data "$data" "${folders[@]}" --json "$runs/scores.json"
"$python" - "$runs/scores.json" "$((shards * 262144))" <<'PYTHON'
import json, sys
scores = json.load(open(sys.argv[1]))
print("| kind, seed | rows | L0 | EV | MCC | F1 | P | R | uniqueness | dead |\n|---|---|---|---|---|---|---|---|---|---|")
for folder, m in scores.items():
    numbers = [m[k] for k in ("explained_variance", "mcc", "f1_score", "precision", "recall", "uniqueness")]
    print(f"| {folder.split('/')[-2]} | {int(sys.argv[2]):,} | {m['sae_l0']:.2f} | "
          + " | ".join(f"{n:.4f}" for n in numbers) + f" | {m['dead_latents']} |")
PYTHON
