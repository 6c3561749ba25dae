#!/usr/bin/env bash
# check_phantoms_readme.sh STEREODRR README: each block of README that begins with a line
# "$ stereodrr phantom describe FILE" holds what that command prints, in the folder above README's.
set -euo pipefail
tool=$1
readme=$(realpath "$2")
cd "$(dirname "$readme")/.."
failures=0
blocks=0
mapfile -t files < <(sed -n 's/^\$ stereodrr phantom describe //p' "$readme")
for file in "${files[@]}"; do
    expected=$("$tool" phantom describe "$file")
    found=$(awk -v command="\$ stereodrr phantom describe $file" \
        'inside && /^```$/ { exit } inside { print } $0 == command { inside = 1 }' "$readme")
    blocks=$((blocks + 1))
    if [[ $found != "$expected" ]]; then
        echo "$readme: not what stereodrr phantom describe $file prints:"
        diff <(echo "$found") <(echo "$expected") || failures=1
    fi
done
((blocks > 0)) || { echo "$readme: no block to check" && failures=1; }
# Each shipped phantom has a drawing.
for drawing in $(sed -n 's/.*](\(drawings\/[^)]*\)).*/\1/p' "$readme"); do
    [[ -s $(dirname "$readme")/$drawing ]] || { echo "$readme: $drawing is missing" && failures=1; }
done
exit $failures
