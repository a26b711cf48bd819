#!/usr/bin/env bash
# Two processes on two machines' addresses, each in a network namespace of its own, train as one does.
#
#   namespaces_test.sh FOLDER_OF_PROGRAMS
set -euo pipefail
readonly programs=$1

skip() {
  echo "SKIPPED: $*"
  exit 0
}

command -v ip >/dev/null || skip "ip (iproute2) is not installed"
[ "$(id -u)" -eq 0 ] || skip "making network namespaces takes root"

readonly first=hourglass-$$-a second=hourglass-$$-b
folder=$(mktemp -d)
clean_up() {
  ip netns delete "$first" 2>/dev/null || true
  ip netns delete "$second" 2>/dev/null || true
  rm -rf "$folder"
}
trap clean_up EXIT

ip netns add "$first" 2>/dev/null || skip "network namespaces cannot be made here"
ip netns add "$second"
# A cable between the two.
ip link add hga$$ netns "$first" type veth peer name hgb$$ netns "$second" 2>/dev/null ||
  skip "virtual network cards cannot be made here"
ip -n "$first" address add 10.77.0.1/24 dev hga$$
ip -n "$second" address add 10.77.0.2/24 dev hgb$$
for namespace in "$first" "$second"; do ip -n "$namespace" link set lo up; done
ip -n "$first" link set hga$$ up
ip -n "$second" link set hgb$$ up

train() { # train NAMESPACE RANK
  ip netns exec "$1" env MASTER_ADDR=10.77.0.1 WORLD_SIZE=2 RANK="$2" timeout 120 \
    "$programs/dense_autoencoder" --epochs 4 --steps-per-epoch 25 --no-figures --threads 1 --out "$folder/two"
}

"$programs/dense_autoencoder" --epochs 4 --steps-per-epoch 25 --no-figures --threads 1 --out "$folder/one" >/dev/null
train "$second" 1 &
train "$first" 0 | grep -E "^(training|epoch)"
wait $!

# Column 2 is train_loss.
paste -d, <(cut -d, -f2 "$folder/one/metrics.csv") <(cut -d, -f2 "$folder/two/metrics.csv") | tail -n +2 |
  awk -F, '{ difference = $1 - $2; if (difference < 0) difference = -difference
             if (difference > 1e-5) { print "losses differ: " $0; failed = 1 } rows++ }
           END { if (rows != 4) { print "expected 4 epochs, found " rows; exit 1 } exit failed }'
echo "the losses of two machines are those of one process"
