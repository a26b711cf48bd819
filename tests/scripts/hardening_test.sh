#!/usr/bin/env bash
# Every program was built as cmake/Hardening.cmake says: hardening_test.sh BUILD_FOLDER
set -euo pipefail

fail() {
  echo "hardening_test.sh: $1" >&2
  exit 1
}
grep -q '^HOURGLASS_HARDENED:BOOL=ON' "$1/CMakeCache.txt" && grep -q '^CMAKE_BUILD_TYPE:[A-Z]*=Rel' "$1/CMakeCache.txt" || {
  echo "SKIPPED: not a hardened build"
  exit 0
}
command -v readelf >/dev/null || {
  echo "SKIPPED: no readelf"
  exit 0
}

# readelf's whole answer first: grep -q would close the pipe in the midst of it.
says() {  # TEXT PATTERN
  grep -qE "$2" <<<"$1"
}

for program in "$1"/bin/*; do
  headers=$(readelf -hldW "$program")
  symbols=$(readelf --dyn-syms -W "$program")
  says "$headers" 'Type: +DYN' || fail "$program lies at a fixed address"
  says "$headers" 'GNU_RELRO' || fail "$program has writable tables"
  says "$headers" 'BIND_NOW|Flags:.* NOW' || fail "$program binds functions late"
  says "$headers" 'GNU_STACK.* RW ' || fail "$program has an executable stack"
  says "$symbols" '__stack_chk_fail' || fail "$program does not guard its stack"
done
# Not every program copies anything itself.
symbols=$(readelf --dyn-syms -W "$1/bin/dense_autoencoder")
says "$symbols" '__(memcpy|memmove|memset|snprintf|printf|fprintf|read|realpath|strcpy)_chk' || fail "dense_autoencoder does not check copies"
