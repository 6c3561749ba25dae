#!/usr/bin/env bash
# run.sh CMAKE BUILD_DIR WORK_DIR GENERATOR COMPILER
set -euo pipefail
cmake=$1 build=$2 work=$3 generator=$4 compiler=$5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
rm -rf "$work/prefix" "$work/consumer"
"$cmake" --install "$build" --prefix "$work/prefix" >/dev/null
"$cmake" -S "$here/consumer" -B "$work/consumer" -G "$generator" \
    -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler"
"$cmake" --build "$work/consumer"
output=$("$work/consumer/consumer")
printf '%s\n' "$output"
# Pixels of 0.25 mm are 0.19 mm at the isocentre. The mean of the two views is wrong by half of
# 0.05 px, 0.005 mm, and their difference becomes depth: 0.05 px / 0.1 rad = 0.09 mm.
grep -qE '^error of x y z, mm: 0\.00[3-6] -0\.09[0-9] -?0\.00[0-9]$' <<<"$output"
