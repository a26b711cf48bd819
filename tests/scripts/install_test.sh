#!/usr/bin/env bash
# An installed Hourglass starts from anywhere: install_test.sh CMAKE BUILD_FOLDER
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" --install "$2" --prefix "$folder/prefix" >/dev/null
cd /
"$folder/prefix/bin/hourglass" --help | grep -q '^  dense_autoencoder  *fully'
env -i PATH=/usr/bin:/bin "$folder/prefix/bin/hourglass" dense_autoencoder --epochs 1 --out "$folder/run" --quiet |
  grep -q "^model     $folder/run/best.pt"

# The library with OpenCV is installed where programs find it; without it, a run lacks its pictures and nothing else.
opencv=$(compgen -G "$folder/prefix/lib/hourglass/hourglass_opencv*") || opencv=
if [ -n "$opencv" ]; then
  [ -s "$folder/run/figures/reconstructions.png" ]
  mv "$opencv" "$folder"
  code=0
  message=$("$folder/prefix/bin/hourglass" dense_autoencoder --epochs 1 --out "$folder/bare" --quiet 2>&1 >"$folder/said") || code=$?
  [ "$code" -eq 1 ]
  [ "$(wc -l <<<"$message")" -eq 1 ]
  grep -q "^dense_autoencoder: pictures need .*$(basename "$opencv")" <<<"$message"
  grep -q "^model     $folder/bare/best.pt" "$folder/said"
  for file in best.pt last.safetensors run.json metrics.csv; do
    [ -s "$folder/bare/$file" ]
  done
  "$folder/prefix/bin/hourglass" inspect "$folder/bare/best.pt" | grep 'encoder.dense1' >/dev/null
fi

# A misspelt program is wrong usage, with a suggestion.
code=0
message=$("$folder/prefix/bin/hourglass" dense_autoencode 2>&1) || code=$?
[ "$code" -eq 2 ]
grep -q "did you mean 'dense_autoencoder'" <<<"$message"

# Completion and manual pages lie where shells and man(1) look.
[ -s "$folder/prefix/share/bash-completion/completions/hourglass" ]
[ -s "$folder/prefix/share/zsh/site-functions/_hourglass" ]
[ -s "$folder/prefix/share/man/man1/hourglass.1" ]
[ -s "$folder/prefix/share/man/man1/hourglass-dense_autoencoder.1" ]
