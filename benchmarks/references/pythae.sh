#!/usr/bin/env bash
# A Wasserstein, an adversarial and a regularized autoencoder of MNIST beside pythae's, of the same networks, weights to begin with, epochs and
# terms; writes docs/published.json and docs/published.md. pythae comes from PyPI into an environment of its own under build/. What is there
# already is not computed again; on two cores everything takes about a quarter of an hour.
#
#   benchmarks/references/generative.sh                              everything
#   benchmarks/references/generative.sh --systems wae-ours           some of the systems
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

readonly packages=(torch==2.13.0 numpy cloudpickle imageio pydantic scikit-learn scipy tqdm typing-extensions)

if asks_for_help "$@"; then exec python3 benchmarks/references/generative.py --help; fi
need_programs wasserstein_autoencoder adversarial_autoencoder regularized_autoencoder supervised_autoencoder evaluate
export TQDM_DISABLE=1  # pythae has a bar for each epoch
make_environment pythae "${packages[@]}" --alone pythae==0.1.2
exec "$python" -W ignore benchmarks/references/generative.py "$@"
