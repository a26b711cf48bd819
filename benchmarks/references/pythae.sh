#!/usr/bin/env bash
# Autoencoders of MNIST beside pythae's, of the same networks, weights to begin with, epochs and terms; writes docs/published.json and
# docs/published.md. pythae comes from PyPI into an environment of its own under build/. What is there already is not computed again; on two cores
# a seed of everything takes about an hour.
#
#   benchmarks/references/pythae.sh generative [--systems wae-ours,…]    Wasserstein, adversarial and regularized: samples and reconstructions
#   benchmarks/references/pythae.sh likelihood [--systems vae-ours,…]    variational and importance-weighted: -log p(x)
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

readonly packages=(torch==2.13.0 numpy cloudpickle imageio pydantic scikit-learn scipy tqdm typing-extensions)

case ${1:-} in
  generative | likelihood) comparison=benchmarks/references/$1.py ;;
  *) fail "expected generative or likelihood, found '${1:-}'" ;;
esac
shift
if asks_for_help "$@"; then exec python3 "$comparison" --help; fi
need_programs wasserstein_autoencoder adversarial_autoencoder regularized_autoencoder supervised_autoencoder importance_weighted_autoencoder evaluate
export TQDM_DISABLE=1  # pythae has a bar for each epoch
make_environment pythae "${packages[@]}" --alone pythae==0.1.2
exec "$python" -W ignore "$comparison" "$@"
