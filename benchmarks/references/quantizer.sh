#!/usr/bin/env bash
# Finite scalar quantisation of Fashion-MNIST beside vector-quantize-pytorch's, in the network and with the training of its example; writes
# docs/published.json and docs/published.md. It comes from PyPI into an environment of its own under build/. What is there already is not
# computed again; on two cores everything takes about ten minutes.
#
#   benchmarks/references/quantizer.sh                               both
#   benchmarks/references/quantizer.sh --systems ours                one of them
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

readonly packages=(torch==2.13.0 numpy einops einx loguru torch-einops-utils)

if asks_for_help "$@"; then exec python3 benchmarks/references/quantizer.py --help; fi
need_programs vector_quantized_autoencoder encode decode
make_environment quantizer "${packages[@]}" --alone vector-quantize-pytorch==1.32.0
exec "$python" -W ignore benchmarks/references/quantizer.py "$@"
