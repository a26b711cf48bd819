#!/usr/bin/env bash
# From a fresh clone to a trained model: installs what is missing, builds, and trains the dense autoencoder on the
# embedded digits (500 epochs, about half a minute). The last lines say where the model, metrics and pictures are.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/build.sh "$@"
echo "quickstart: training"
exec build/bin/dense_autoencoder
