#!/usr/bin/env bash
# An installed Hourglass starts from anywhere: install_test.sh CMAKE BUILD_FOLDER
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" --install "$2" --prefix "$folder/prefix" >/dev/null
cd /
"$folder/prefix/bin/hourglass" --help | grep -q '^  dense_autoencoder  *Trains'
env -i PATH=/usr/bin:/bin "$folder/prefix/bin/hourglass" dense_autoencoder --epochs 1 --out "$folder/run" --quiet |
  grep -q "^model     $folder/run/best.pt"

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
