#!/usr/bin/env bash
# What other programs on the machine do to a training step: its time alone, and beside as many busy processes as there
# are cores. At most three times as long is what a run has to keep to. Needs the benchmarks built.
#
#   benchmarks/busy.sh [RECIPE,RECIPE…]
set -euo pipefail
cd "$(dirname "$0")/.."

exec python3 benchmarks/compare.py --sections interference ${1:+--recipes "$1"} --results build/benchmarks/busy.jsonl
