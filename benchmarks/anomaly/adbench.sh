#!/usr/bin/env bash
# Anomalies in tables: detect_anomalies --train with its one default, and six detectors of PyOD, on the 33 sets of ADBench;
# writes docs/anomaly_tables.md. PyOD comes from PyPI, into an environment of its own under build/. Figures that are there
# are not computed again; on two cores everything takes about two hours, nearly all of it PyOD's.
#
#   HOURGLASS_DATA=DIR benchmarks/anomaly/adbench.sh                     everything
#   HOURGLASS_DATA=DIR benchmarks/anomaly/adbench.sh --seeds 0 --peers   ours alone, one seed
#   HOURGLASS_DATA=DIR benchmarks/anomaly/adbench.sh --report-only       the page again
set -euo pipefail
cd "$(dirname "$0")/../.."
source scripts/environment.sh

readonly packages=(pyod==3.6.7 torch==2.13.0 numpy scikit-learn tqdm)

if asks_for_help "$@"; then exec python3 benchmarks/anomaly/adbench.py --help; fi
[ -d "${HOURGLASS_DATA:-}/adbench" ] || {
  echo "adbench.sh: expected HOURGLASS_DATA to be a folder with adbench/, found '${HOURGLASS_DATA:-}'" >&2
  exit 2
}
need_programs detect_anomalies
mkdir -p build/benchmarks
make_environment pyod "${packages[@]}"
exec "$python" benchmarks/anomaly/adbench.py "$@"
