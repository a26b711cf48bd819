#!/usr/bin/env bash
# The Debian package installs and runs in a fresh Debian: deb_test.sh CPACK BUILD_FOLDER
#
# Takes minutes (packing LibTorch, a debootstrap, the packages that OpenCV needs), root, debootstrap and a mirror; so it
# runs only with HOURGLASS_SLOW_TESTS=1. HOURGLASS_DEB_LOG names a file for what was done.
set -euo pipefail

skip() {
  echo "SKIPPED: $1"
  exit 0
}
fail() {
  echo "$1" >&2
  exit 1
}

[ "${HOURGLASS_SLOW_TESTS:-}" = 1 ] || skip "takes minutes: set HOURGLASS_SLOW_TESTS=1"
[ "$(id -u)" -eq 0 ] || skip "needs root, for a chroot"
for tool in debootstrap dpkg-deb dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || skip "$tool is missing"
done

folder=$(mktemp -d)
root=$folder/root
clean_up() {
  umount "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$folder"
}
trap clean_up EXIT

log=${HOURGLASS_DEB_LOG:-/dev/null}
: >"$log"
step() {
  echo "$(date -u +%H:%M:%S) $*" | tee -a "$log"
}

step "packing"
"$1" --config "$2/CPackConfig.cmake" -G DEB -B "$folder/pack" >>"$log"
deb=$(ls "$folder"/pack/*.deb)
step "$(basename "$deb"), $(stat -c %s "$deb") bytes"
dpkg-deb --info "$deb" >>"$log"
dpkg-deb --contents "$deb" >>"$log"
if dpkg-deb --contents "$deb" | grep -E '\.(a|h)$|libtorch_python'; then
  fail "$deb: holds files that no program needs"
fi

# The mirror and suite of this machine.
. /etc/os-release
mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
  awk -v suite="$VERSION_CODENAME" '$2 == suite { print $1; exit }')
step "debootstrap $VERSION_CODENAME"
debootstrap --variant=minbase "$VERSION_CODENAME" "$root" "$mirror" >>"$log" 2>&1 || fail "debootstrap failed: see $log"
rm -f "$root"/etc/apt/sources.list
cp -r /etc/apt/sources.list.d/. "$root/etc/apt/sources.list.d/"
[ -f /etc/apt/sources.list ] && cp /etc/apt/sources.list "$root/etc/apt/"
cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
mkdir -p "$root/usr/share/keyrings" && cp -n /usr/share/keyrings/* "$root/usr/share/keyrings/"
mount -t proc proc "$root/proc"
cp "$deb" "$root/tmp/hourglass.deb"

in_root() {
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}
step "apt-get install"
in_root apt-get update >>"$log" 2>&1 || fail "apt-get update failed: see $log"
in_root apt-get install -y --no-install-recommends /tmp/hourglass.deb >>"$log" 2>&1 || fail "apt-get install failed: see $log"

step "hourglass dense_autoencoder"
in_root hourglass --help >>"$log"
in_root hourglass dense_autoencoder --epochs 2 --out /tmp/run --quiet >>"$log"
for file in best.pt last.safetensors run.json metrics.csv figures/reconstructions.png; do
  [ -s "$root/tmp/run/$file" ] || fail "the run lacks $file"
done
step "hourglass inspect"
in_root hourglass inspect /tmp/run/best.pt | tee -a "$log" | grep -q 'encoder.dense1' ||
  fail "inspect does not read the checkpoint"
in_root ldd /usr/libexec/hourglass/show | grep libtorch_cpu | tee -a "$log" | grep -q '/usr/lib.*/hourglass/libtorch_cpu' ||
  fail "the programs do not use the package's LibTorch"

for program in bin/hourglass libexec/hourglass/show; do
  if readelf -d "$root/usr/$program" | grep -E 'R(UN)?PATH.*(\[|:)/'; then
    fail "$program: looks for libraries outside of the package"
  fi
done

step "apt-get remove"
in_root apt-get purge -y hourglass >>"$log" 2>&1
[ ! -e "$root/usr/lib/hourglass" ] && [ ! -e "$root/usr/bin/hourglass" ] || fail "removing the package leaves files"
step "done"
