#!/usr/bin/env bash
# The training loss of a recipe in Keras on TensorFlow, epoch by epoch, for several seeds: a line of JSON each. Keras comes from PyPI into an
# environment of its own under build/.
#
#   benchmarks/references/keras_recipes.sh --recipe fashion-vae-conv-2d --seeds 1,2,3 --epochs 2
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

readonly script=benchmarks/references/keras_recipes.py
# Wrong options, and --help, before anything is installed.
python3 "$script" --check "$@"
if asks_for_help "$@"; then exit; fi
make_environment keras numpy keras==3.15.1 tensorflow-cpu==2.21.0
exec "$python" "$script" "$@"
