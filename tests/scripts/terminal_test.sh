#!/usr/bin/env bash
# Programs on a terminal: terminal_test.sh BUILD_FOLDER
set -euo pipefail

bin=$1/bin
fail() {
  echo "terminal_test.sh: $1" >&2
  exit 1
}
if ! command -v script >/dev/null; then
  echo "SKIPPED: needs script (util-linux) for a terminal"
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

on_terminal() { # COLUMNS COMMAND
  TERM=xterm script -qec "stty cols $1; $2" /dev/null </dev/null | tr -d '\r'
}
without_colours() { sed 's/\x1b\[[0-9;]*[mK]//g'; }
widest() { without_colours | { grep "$1" || true; } | LC_ALL=C.UTF-8 wc -L; } # characters, of lines that have $1

vae="$bin/variational_autoencoder --epochs 2 --no-figures --threads 1 --log-every 1"

# Epoch lines fit the terminal, drop the least important terms, and are whole in a log.
unset NO_COLOR
lines=$(on_terminal 60 "$vae --out a")
[ "$(widest '^epoch' <<<"$lines")" -le 60 ] || fail "epoch lines are wider than 60 columns: $lines"
grep -q '^epoch 2/2  loss [0-9.]*' <<<"$lines" || fail "no loss in: $lines"
$vae --out b >log
grep -q '^epoch 2/2  loss .*  reconstruction .*  kl .*  validation  loss .*  kl .* s' log ||
  fail "the log lacks terms: $(cat log)"
! grep -q $'\x1b' log || fail "colours in a log"

# Colours, unless they are not wanted.
colour=$'\x1b\\[1;31m'
error=$(on_terminal 80 "$bin/dense_autoencoder --flour || true")
grep -q "$colour" <<<"$error" || fail "errors without colour: $error"
error=$(NO_COLOR=1 on_terminal 80 "$bin/dense_autoencoder --flour || true")
! grep -q "$colour" <<<"$error" || fail "colours despite NO_COLOR: $error"

# --help and --list-recipes are no wider than they may be.
[ "$(on_terminal 64 "$bin/dense_autoencoder --help" | sed '/^.*Examples/,$d' | widest '')" -le 64 ] ||
  fail "--help is wider than 64 columns"
[ "$(on_terminal 80 "$bin/dense_autoencoder --list-recipes" | widest '')" -le 80 ] ||
  fail "--list-recipes is wider than 80 columns"

# Ctrl-C takes the bar away before it says anything.
raw=$(TERM=xterm script -qec "timeout --foreground -s INT 4 $bin/dense_autoencoder --batch-size 1 --epochs 100000 --out c" \
  /dev/null </dev/null || true)
grep -q ' left' <<<"$raw" || fail "no bar on a terminal"
after=${raw##* left} # the end of the last bar, and what came then
[[ $after == *$'\r\x1b[K'*'interrupted after'* && ${after%%$'\r\x1b[K'*} != *$'\n'* ]] ||
  fail "the message of Ctrl-C stands behind the bar: $after"
