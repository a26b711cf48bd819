#!/usr/bin/env bash
# Installs what building Hourglass needs and is missing, then configures a release build in build/.
#
#   scripts/setup.sh [CMake option…]      for example -DHOURGLASS_FIGURES=OFF
#
# System packages come by apt where it may run, otherwise the line to run is printed. LibTorch is taken from
# CMAKE_PREFIX_PATH or Torch_DIR, else from the torch (2.7 or newer) that python3 imports, else it is installed with pip
# into .venv. Running it again is quick and changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly torch_version=2.13.0
readonly packages=(
  build-essential cmake ninja-build curl                # tools
  libopencv-dev libcxxopts-dev nlohmann-json3-dev libfmt-dev libssl-dev zlib1g-dev libzip-dev libhdf5-dev libprotozero-dev libhwy-dev libgloo-dev
  libgtest-dev
  ccache mold                                           # faster builds
  dataset-fashion-mnist)                                # for the Fashion-MNIST recipes and their tests

fail() {
  echo "setup: $*" >&2
  exit 1
}

# run_step WHAT COMMAND…: runs a command quietly; when it fails, one line says what, why, and where the log is.
run_step() {
  local what=$1 log
  shift
  log=build/setup.log
  mkdir -p build || fail "cannot create build/: is the disk full or read-only?"
  echo "setup: $what"
  if ! "$@" >"$log" 2>&1; then
    local reason
    reason=$(grep -iE 'error|no space|unable|could not|failed' "$log" | head -n 1 || true)
    fail "$what failed: ${reason:-see the log} (log: $log)"
  fi
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || echo "$package"
  done
}

install_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian or Ubuntu system; expecting these to be installed: ${packages[*]}"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "packages are missing; run: sudo apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  run_step "updating the package lists" "${as_root[@]}" apt-get update
  run_step "installing ${missing[*]}" \
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# Whether this Python imports a torch that links with the system's C++ libraries.
python_has_torch() {
  "$1" - <<'EOF' 2>/dev/null
import torch
version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
raise SystemExit(not (version >= (2, 7) and torch.compiled_with_cxx11_abi()))
EOF
}

has_libtorch() {
  [ -n "${CMAKE_PREFIX_PATH:-}${Torch_DIR:-}" ] && return
  python_has_torch python3 || { [ -x .venv/bin/python ] && python_has_torch .venv/bin/python; }
}

install_libtorch() {
  has_libtorch && return
  command -v python3 >/dev/null || fail "python3 is missing; run: sudo apt-get install python3 python3-venv"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 cannot make virtual environments; run: sudo apt-get install python3-venv"
  run_step "creating .venv" python3 -m venv .venv
  run_step "installing torch $torch_version into .venv" .venv/bin/pip install "torch==$torch_version" numpy
  python_has_torch .venv/bin/python || fail "the torch in .venv does not import; remove .venv and try again"
}

configure() {
  command -v cmake >/dev/null || fail "cmake is missing"
  local arguments=(--preset release "$@")
  [ -n "${Torch_DIR:-}" ] && arguments+=("-DTorch_DIR=$Torch_DIR")
  run_step "configuring build/" cmake "${arguments[@]}"
  grep -E '^-- (Hourglass|  )' build/setup.log | sed 's/^-- /setup: /'
}

install_packages
install_libtorch
configure "$@"
