#!/usr/bin/env bash
# test_study_command.sh TOOL STUDY: a study killed at any instant goes on where it was and ends with the same table, byte
# for byte, as one that ran through; so do shares, and ranks of mpirun where it is installed.
set -euo pipefail
tool=$1 study=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

run() { "$tool" study "$study" --quiet "$@" >/dev/null; }
table() { "$tool" study export "$1" -o "$1.csv" && sha256sum <"$1.csv"; }
fail() { printf 'FAILED: %s\n' "$1" >&2; exit 1; }

run -o whole
expected=$(table whole)
"$tool" study status whole | grep -q '100.0 %' || fail "status"

# kill -9 at three instants, then to the end
for seconds in 0.15 0.3 0.2; do
    "$tool" study "$study" -o killed --quiet --threads 1 >/dev/null & pid=$!
    sleep $seconds
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
done
run -o killed
[[ $(table killed) == "$expected" ]] || fail "after kill -9"

# two shares at once; the third is never started and is done by those
run -o shares --share 1/3 & first=$!
run -o shares --share 2/3
wait $first
run -o shares --share 3/3
[[ $(table shares) == "$expected" ]] || fail "shares"

# what goes wrong is told with its exit code
status=0 && "$tool" study "$study" -o x --share 4/3 2>message || status=$?
((status == 2)) || fail "a wrong share: exit status $status"
: >file
status=0 && run -o file 2>message || status=$?
((status == 4)) || fail "a file in the place of the folder: exit status $status"
sed 's/repetitions: .*/repetitions: 0/' "$study" >"$folder/bad.yaml"
status=0 && "$tool" study bad.yaml -o x 2>message || status=$?
((status == 3)) || fail "a bad study: exit status $status"
grep -q 'bad.yaml:[0-9]*: .*repetitions' message || fail "message: $(cat message)"

if command -v mpirun >/dev/null; then
    mpi=(mpirun -n 3 --oversubscribe --allow-run-as-root)
    "${mpi[@]}" "$tool" study "$study" -o ranks --quiet >/dev/null
    [[ $(table ranks) == "$expected" ]] || fail "mpirun"
    # a rank dies: mpirun ends the others too, and the same command goes on
    "${mpi[@]}" bash -c '[[ $OMPI_COMM_WORLD_RANK == 1 ]] && { sleep 0.1; kill -9 $$; }
        exec "$@"' - "$tool" study "$study" -o dead --quiet >/dev/null 2>&1 || true
    "${mpi[@]}" "$tool" study "$study" -o dead --quiet >/dev/null
    [[ $(table dead) == "$expected" ]] || fail "mpirun with a dead rank"
fi
