#!/usr/bin/env bash
# Mult-VAE on MovieLens 100K beside RecBole's MultiVAE, RecVAE and EASE, on one split; writes docs/published.json and
# docs/published.md. RecBole comes from PyPI, with MovieLens 100K in it, into an environment of its own under build/. What is there already
# is not computed again; on two cores everything takes about an hour, most of it RecVAE's.
#
#   benchmarks/references/recommendation.sh                          everything
#   benchmarks/references/recommendation.sh --systems ours,EASE      some of the systems
#   benchmarks/references/recommendation.sh --check                  our measures beside RecBole's of the same recommendations
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

# Of what RecBole asks for, ray, plotly and hyperopt are for tuning alone and left out. NumPy and pandas are the last of which it works.
readonly packages=(torch==2.13.0 numpy==1.26.4 pandas==2.3.3 'scipy<1.16' 'scikit-learn<1.8' tqdm colorlog==4.7.2 colorama==0.4.4 pyyaml
  tabulate texttable psutil tensorboard thop)

if asks_for_help "$@"; then exec python3 benchmarks/references/recommendation.py --help; fi
need_programs variational_autoencoder recommend
make_environment recbole "${packages[@]}" --alone recbole==1.2.1
exec "$python" -W ignore benchmarks/references/recommendation.py "$@"
