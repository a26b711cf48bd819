#!/usr/bin/env bash
# Redraws the pictures of docs/gallery/: trains what they show, some minutes in all, and copies them from the runs.
#
#   scripts/gallery.sh                     all of them
#   scripts/gallery.sh samples series      these parts: recipes samples digits codes bits full series dictionary
#
# MNIST and Fashion-MNIST are needed; see sources/README.md. What takes hours to train (`full`) comes from the runs of
# scripts/reproduce.sh, where they are.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly gallery=docs/gallery
readonly most_bytes=2000000  # of all pictures together: a clone should stay small
readonly parts=(recipes samples digits codes bits full series dictionary)

fail() {
  echo "gallery: $*" >&2
  exit 1
}

# train VARIANT RECIPE [OPTION…]: a run in $runs/RECIPE.
train() {
  local variant=$1 recipe=$2
  shift 2
  [ ! -d "$runs/$recipe" ] || return 0
  echo "gallery: $recipe"
  "build/bin/${variant}_autoencoder" --recipe "$recipe" --out "$runs/$recipe" --quiet "$@" >/dev/null
}

# show VARIANT RECIPE PICTURE…: pictures of one run, as RECIPE-PICTURE.png.
show() {
  local recipe=$2 picture
  train "$1" "$recipe"
  shift 2
  for picture in "$@"; do
    cp "$runs/$recipe/figures/$picture.png" "$gallery/$recipe-$picture.png"
  done
}

draw_recipes() {
  show dense digits-2d latent_scatter
  show dense mnist-50 activations_encoder
  show sparse mnist-sparse-kl filters
  show denoising mnist-denoise reconstructions
  show variational fashion-vae-2d manifold
}

# draw_samples_of NAME VARIANT:RECIPE…: samples of models of one data set, a row each, as NAME-samples.png.
draw_samples_of() {
  local name=$1 pair models=()
  shift
  for pair in "$@"; do
    train "${pair%%:*}" "${pair#*:}" --no-figures
    models+=("$runs/${pair#*:}/best.pt")
  done
  build/bin/generate "${models[@]}" --samples 12 --out "$runs/$name-samples" --quiet >/dev/null
  cp "$runs/$name-samples/generated.png" "$gallery/$name-samples.png"
}

draw_samples() {
  draw_samples_of mnist variational:mnist-vae-20 importance_weighted:mnist-iwae-50 wasserstein:mnist-wae adversarial:mnist-aae \
    regularized:mnist-rae
}

# All models of the embedded digits that samples can be drawn of without being told a class.
draw_digits() {
  draw_samples_of digits variational:digits-vae variational:digits-vamp importance_weighted:digits-iwae \
    importance_weighted:digits-two-layers importance_weighted:digits-iaf wasserstein:digits-wae adversarial:digits-aae \
    regularized:digits-rae regularized:digits-rae-gp vector_quantized:digits-vq vector_quantized:digits-fsq \
    vector_quantized:digits-residual-vq
}

draw_codes() {
  show vector_quantized fashion-vq code_maps codebook
}

# The bound of -log p(x) of two models of MNIST while they learn.
draw_bits() {
  train variational mnist-vae-20 --no-figures
  train importance_weighted mnist-iwae-50 --no-figures
  build/bin/compare "$runs/mnist-vae-20" "$runs/mnist-iwae-50" --bits-per-dimension --out "$runs/bits" --quiet >/dev/null
  cp "$runs/bits/curves.png" "$gallery/mnist-bits-per-dimension.png"
}

# draw_finished RECIPE PICTURE PROGRAM ARGUMENT…: what a tool draws of the run of scripts/reproduce.sh, as RECIPE-PICTURE.png.
draw_finished() {
  local recipe=$1 picture=$2 program=$3
  local model=runs/reproduce/$recipe-seed1/best.pt
  shift 3
  if [ ! -f "$model" ]; then
    echo "gallery: $recipe is left out: scripts/reproduce.sh $recipe trains it"
    return
  fi
  "build/bin/$program" "$model" "$@" --out "$runs/$recipe" --quiet >/dev/null
  cp "$runs/$recipe"/*.png "$gallery/$recipe-$picture.png"
}

draw_full() {
  draw_finished fashion-vae-conv-2d manifold generate --manifold 15
  draw_finished fashion-conv reconstructions reconstruct --split test --indices 0-9
  draw_finished fashion-denoise reconstructions reconstruct --split test --indices 0-9
}

# The series of docs/series.md, by the commands there.
draw_series() {
  local nab=${HOURGLASS_DATA:-}/nab/data
  if [ ! -d "$nab" ]; then
    echo "gallery: the series are left out: HOURGLASS_DATA has no nab/data"
    return
  fi
  echo "gallery: a series"
  build/bin/dense_autoencoder --dataset "series:$nab/artificialNoAnomaly/art_daily_small_noise.csv" --window 288 --widths 64,8 \
    --loss mse --output-activation linear --epochs 20 --out "$runs/daily" --quiet --no-figures >/dev/null
  (cd "$nab/artificialWithAnomaly" && "$OLDPWD/build/bin/detect_anomalies" "$runs/daily/best.pt" --threshold sigma:10 --quiet \
    --dataset series:art_daily_jumpsup.csv --out "$runs/jumps") >/dev/null
  cp "$runs/jumps/series.png" "$gallery/series-jumpsup.png"
}

# The dictionary of docs/sparse_autoencoders.md, by the commands there.
draw_dictionary() {
  echo "gallery: a dictionary of a convolutional layer"
  build/bin/convolutional_autoencoder --dataset mnist --filters 8,8 --epochs 1 --out "$runs/conv" --quiet --no-figures >/dev/null
  build/bin/activations "$runs/conv/best.pt" --layers encoder.pool2 --split train --indices all --save "$runs/x.npy" >/dev/null
  build/bin/sparse_autoencoder --dataset "npy:$runs/x.npy" --scale norm --widths 256 --sparsity topk:8 --epochs 5 \
    --batch-size 256 --out "$runs/sae" --quiet --no-figures >/dev/null
  build/bin/strongest "$runs/sae/best.pt" --split train --items mnist --out "$gallery/mnist-sae-strongest.png" --force >/dev/null
}

wanted=("$@")
[ $# -gt 0 ] || wanted=("${parts[@]}")
for part in "${wanted[@]}"; do
  [[ " ${parts[*]} " == *" $part "* ]] || fail "expected parts among ${parts[*]}, found '$part'"
done
[ -x build/bin/dense_autoencoder ] || fail "build/bin/dense_autoencoder is missing; run scripts/build.sh first"
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
mkdir -p "$gallery"
for part in "${wanted[@]}"; do "draw_$part"; done

bytes=$(cat "$gallery"/*.png | wc -c)
((bytes <= most_bytes)) || fail "the pictures take $bytes bytes, more than $most_bytes"
echo "gallery: $bytes bytes in $gallery"
