#!/usr/bin/env bash
# Looks for what .clang-tidy names, in a room's files together as they are compiled: about a minute of a core a group of files, an hour in all.
#
#   scripts/tidy.sh [PATTERN…]     what matches a regular expression, /datasets/ say; without one: all
#
# Needs Clang and clang-tidy (Debian: clang clang-tidy).
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset tidy >/dev/null
# A room's files are included by one that CMake writes, on purpose, where what one declares may stand before it; kernels
# include themselves, once an instruction set.
exec run-clang-tidy -p build-tidy -quiet -checks=-bugprone-suspicious-include,-readability-redundant-declaration -header-filter="^$PWD/" -extra-arg=-fno-openmp "$@"
