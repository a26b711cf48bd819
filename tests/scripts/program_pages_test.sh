#!/usr/bin/env bash
# What programs say of themselves: program_pages_test.sh BUILD_FOLDER
# The list of `hourglass`, --version, completion and manual pages.
set -euo pipefail

build=$1
bin=$build/bin
fail() {
  echo "program_pages_test.sh: $1" >&2
  exit 1
}

# ---- hourglass lists each program with what it does, and nothing else
list=$(COLUMNS=200 "$bin/hourglass" --help)
grep -q '^  dense_autoencoder  *fully connected layers' <<<"$list" || fail "no line on dense_autoencoder"
grep -q '^Train$' <<<"$list" || fail "no group Train"
grep -q '^Tools$' <<<"$list" || fail "no group Tools"
names=$(sed -nE 's/^  ([a-z_]+)( .*)?$/\1/p' <<<"$list")
for name in $names; do
  [ "$name" != hourglass ] || fail "hourglass lists itself"
  [ "$name" != torchscript_consumer ] || fail "hourglass lists a test program"
  # In one process each: the version, and the page that was made of its options.
  [[ $("$bin/$name" --version) == "$name (Hourglass) "* ]] || fail "$name --version"
  [ -s "$build/share/man/man1/hourglass-$name.1" ] || fail "no manual page of $name"
done
[ "$(wc -w <<<"$names")" -ge 20 ] || fail "only these programs: $names"
[ "$("$bin/hourglass" help show)" = "$("$bin/show" --help)" ] || fail "hourglass help show"
[ "$("$bin/hourglass" show --help)" = "$("$bin/show" --help)" ] || fail "hourglass show --help"
grep -q '^LibTorch' <<<"$("$bin/hourglass" --version)" || fail "hourglass --version"

# ---- Completion
completed() {  # words of a line, the last to be completed
  bash --norc -c '
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _hourglass "$1"
    ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"' bash "$build/share/bash-completion/completions/hourglass" "$@"
}
expect() {  # what completes the words that follow
  local expected=$1 found
  shift
  found=$(completed "$@" | sort | tr '\n' ' ')
  [ "$found" = "$expected" ] || fail "expected '$expected' for: $*; found '$found'"
}
expect '--epochs ' dense_autoencoder --epo
expect '--epochs ' build/bin/dense_autoencoder --epo
expect '--epochs ' hourglass dense_autoencoder --epo
expect 'denoising_autoencoder dense_autoencoder ' hourglass den
expect 'show ' hourglass help sho
expect 'sigmoid ' dense_autoencoder --activation sig
expect 'sigmoid ' dense_autoencoder --activation = sig
[[ $(completed dense_autoencoder --activation '') == *relu*sigmoid* ]] || fail "no names of activations"
expect 'encoder,decoder ' dense_autoencoder --save-parts encoder,d
expect 'digits-2d ' hourglass dense_autoencoder --recipe digits-2
expect '' dense_autoencoder --epochs 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
touch "$folder/my model.pt"
expect "$folder/my model.pt " inspect "$folder/my"
expect "$folder/my model.pt " dense_autoencoder --init-from "$folder/my"

# ---- Manual pages
if command -v groff >/dev/null; then
  for page in "$build"/share/man/man1/*.1; do
    warnings=$(groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null)
    [ -z "$warnings" ] || fail "$page: $warnings"
  done
  page=$(groff -man -Tutf8 -P-c "$build/share/man/man1/hourglass-dense_autoencoder.1")
  grep -q 'one of.*relu' <<<"$page" || fail "the manual page of dense_autoencoder does not list activations"
else
  echo "SKIPPED: manual pages are not looked at: groff is not installed"
fi
