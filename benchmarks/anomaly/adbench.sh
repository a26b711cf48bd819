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

readonly packages=(pyod==3.6.7 torch==2.13.0 numpy scikit-learn tqdm)
readonly environment=build/pyod-venv

case " $* " in *" --help "* | *" -h "*) exec python3 benchmarks/anomaly/adbench.py --help ;; esac
[ -d "${HOURGLASS_DATA:-}/adbench" ] || {
  echo "adbench.sh: expected HOURGLASS_DATA to be a folder with adbench/, found '${HOURGLASS_DATA:-}'" >&2
  exit 2
}
[ -x build/bin/detect_anomalies ] || {
  echo "adbench.sh: build/bin/detect_anomalies is missing; run scripts/build.sh first" >&2
  exit 1
}
mkdir -p build/benchmarks
if [ "$(cat "$environment/installed" 2>/dev/null)" != "${packages[*]}" ]; then
  echo "adbench.sh: installing ${packages[*]}"
  python3 -m venv "$environment"
  "$environment/bin/pip" install "${packages[@]}" >build/benchmarks/pyod-venv.log 2>&1
  echo "${packages[*]}" >"$environment/installed"
fi
exec "$environment/bin/python" benchmarks/anomaly/adbench.py "$@"
