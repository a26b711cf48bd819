#!/usr/bin/env bash
# Programs start without OpenCV, which is loaded when they draw: start_up_test.sh BUILD_FOLDER
set -euo pipefail

bin=$1/bin
fail() {
  echo "start_up_test.sh: $1" >&2
  exit 1
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

loads_opencv() {  # what a command loads, while it runs
  LD_DEBUG=files LD_DEBUG_OUTPUT="$folder/loaded" "$@" >"$folder/said"
  local found=1
  grep -q 'libopencv' "$folder"/loaded.* && found=0
  rm "$folder"/loaded.*
  return $found
}

for program in "$bin"/*; do
  ! ldd "$program" | grep 'libopencv' || fail "$program links OpenCV"
done
for program in dense_autoencoder inspect reconstruct show; do
  ! loads_opencv "$bin/$program" --help || fail "$program --help loads OpenCV"
done

run=("$bin/dense_autoencoder" --epochs 1 --threads 1 --out)
! loads_opencv "${run[@]}" "$folder/plain" --no-figures || fail "a run without pictures loads OpenCV"
if compgen -G "$1/lib/hourglass_opencv*" >/dev/null; then
  loads_opencv "${run[@]}" "$folder/drawn" || fail "a run with pictures does not load OpenCV: what is tested here?"
  grep -q "^picture   $folder/drawn/figures/reconstructions.png" "$folder/said" || fail "no picture: $(cat "$folder/said")"
fi

# `hourglass` lets threads that wait for work sleep soon, unless users say otherwise. Empty: an OpenMP that does not tell.
looks() {  # for work, in an environment
  env "$@" OMP_DISPLAY_ENV=verbose "$bin/hourglass" encode --version 2>&1 | sed -n "s/.*GOMP_SPINCOUNT = '\(.*\)'.*/\1/p" | tail -n 1
}
found=$(looks -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT)
[ "${found:-5000}" -eq 5000 ] || fail "waiting threads look for work $found times, expected 5000"
found=$(looks -u GOMP_SPINCOUNT OMP_WAIT_POLICY=passive)
[ "${found:-0}" -eq 0 ] || fail "OMP_WAIT_POLICY=passive: waiting threads look for work $found times"

# Programs end without LibTorch's destructors, and yet with all that they wrote and their exit code.
"$bin/inspect" "$folder/plain/best.pt" >"$folder/said"
grep -q 'encoder.dense1' "$folder/said" || fail "inspect: lacks lines"
code=0
"$bin/inspect" --flour 2>"$folder/said" || code=$?
[ "$code" -eq 2 ] && grep -q -- '--flour' "$folder/said" || fail "inspect --flour: exit code $code, $(cat "$folder/said")"
