#!/usr/bin/env bash
# The installed library serves a project outside of the tree: package_test.sh CMAKE BUILD_FOLDER
# The compiler, its flags and the generator come from the environment (CXX, CXXFLAGS, LDFLAGS, CMAKE_GENERATOR, …).
set -euo pipefail

fail() {
  echo "$1" >&2
  exit 1
}

# A fresh folder, yet always the same one: then ccache knows what was compiled in it before.
folder=$2/tests/package
rm -rf "$folder"
mkdir -p "$folder"
"$1" --install "$2" --component library --prefix "$folder/prefix" >/dev/null
cp -r "$folder/prefix/share/hourglass/examples" "$folder/source"
cd "$folder"
export CMAKE_PREFIX_PATH="$folder/prefix"

# Who only trains a model needs none of these packages, not even to configure.
mkdir training
cat >training/CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.24)
project(OnlyTraining LANGUAGES CXX)
foreach(package OpenSSL Libzip ZLIB nlohmann_json cxxopts OpenCV)
  set(CMAKE_DISABLE_FIND_PACKAGE_${package} ON)
endforeach()
find_package(Hourglass REQUIRED COMPONENTS training)
add_executable(train_own_data ../source/train_own_data.cpp)
target_link_libraries(train_own_data PRIVATE hourglass::training)
find_package(Hourglass QUIET COMPONENTS formats)
if(Hourglass_FOUND)
  message(FATAL_ERROR "the component formats was found without the packages it links")
endif()
EOF
"$1" -S training -B training-build >/dev/null

"$1" -S source -B build -D CMAKE_DISABLE_FIND_PACKAGE_OpenCV=ON >/dev/null
"$1" --build build --parallel 2 || fail "the examples do not build"

build/train_own_data >log
first=$(sed -n 's/^1: loss //p' log)
last=$(sed -n 's/.*: loss //p' log | tail -n 1)
awk -v first="$first" -v last="$last" 'BEGIN { exit !(first > 0 && last < first / 10) }' ||
  fail "train_own_data: expected a loss that falls, found $first, then $last"
if readelf -d build/train_own_data | grep NEEDED | grep -E 'crypto|libzip|libz\.|opencv'; then
  fail "train_own_data: links libraries that training does not need"
fi

build/decorrelated_autoencoder --help >log
grep -q -- '--correlation-weight X' log || fail "decorrelated_autoencoder --help: lacks the variant's option"
build/decorrelated_autoencoder --list-recipes >log
grep -q '^digits-decorrelated ' log || fail "decorrelated_autoencoder --list-recipes: lacks the variant's recipe"
build/decorrelated_autoencoder --epochs 2 --no-figures --quiet --out run
build/decorrelated_autoencoder --resume run --epochs 3 --no-figures --quiet
[ "$(cut -d , -f 1 run/metrics.csv | xargs)" = "epoch 1 2 3" ] || fail "metrics.csv: expected three epochs"
grep -q 'validation_correlation,.*validation_largest_correlation' run/metrics.csv ||
  fail "metrics.csv: lacks the variant's columns"

# OpenCV is behind a library that was installed with the others, and found there.
if compgen -G prefix/lib/hourglass/hourglass_opencv* >/dev/null; then
  build/decorrelated_autoencoder --epochs 1 --quiet --out drawn >log
  [ -s drawn/figures/reconstructions.png ] || fail "decorrelated_autoencoder: no pictures: $(cat log)"
fi

build/encode_with_checkpoint run/best.pt >log
grep -q 'CPUFloatType{3,8}' log || fail "encode_with_checkpoint: expected 3 codes of 8, found: $(cat log)"
