#!/usr/bin/env bash
# test_study_faults.sh TOOL STUDY: what can go wrong with a folder of trials is told in a message with its exit code, and what
# was stored stays: a disk that is full, a folder that cannot be written, a store of another version, a study that changed.
set -euo pipefail
tool=$1 study=$2
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"

fail() { printf 'FAILED: %s\n' "$1" >&2; cat message >&2; exit 1; }
# told CODE PATTERN COMMAND...: that exit status, and a message that says so
told() {
    local code=$1 pattern=$2 status=0
    shift 2
    "$@" >output 2>message || status=$?
    ((status == code)) || fail "$*: exit status $status, $code was expected"
    grep -qE "$pattern" message || fail "$*: no '$pattern' in the message"
}
table() { "$tool" study export "$1" -o "$1.csv" && sha256sum <"$1.csv"; }

"$tool" study "$study" -o whole --quiet >output
expected=$(table whole)

# A full disk: no file may grow beyond so many kilobytes, which the store does on its way. The signal is ignored, so that
# writing fails as on a full disk.
full_disk() { (trap '' XFSZ; ulimit -f 100; exec "$@"); }
told 4 'full.sqlite|trials.1-of-1.sqlite.*(full|I/O|disk).*kept' full_disk "$tool" study "$study" -o full --quiet
"$tool" study status full >output
"$tool" study "$study" -o full --quiet >output
[[ $(table full) == "$expected" ]] || fail "after a full disk"

# A folder that cannot be written; for root, who can write everywhere, as somebody else.
as_reader=()
((EUID != 0)) || as_reader=(setpriv --reuid=65534 --regid=65534 --clear-groups)
chmod -R a+rX "$folder" && chmod 555 whole
if "${as_reader[@]}" "$tool" --version >output 2>message; then
    told 4 'whole.*(permission|Permission|readonly|read-only|unable to open)' "${as_reader[@]}" "$tool" study "$study" -o whole --quiet
    told 4 '[Pp]ermission' "${as_reader[@]}" "$tool" study "$study" -o whole/deeper --quiet
    "${as_reader[@]}" "$tool" study status whole | grep -q '100.0 %' || fail "status in a folder that cannot be written"
else
    echo "the tool cannot be run by another user here: no test of a folder that cannot be written"
fi
chmod 755 whole
[[ $(table whole) == "$expected" ]] || fail "after a folder that could not be written"

# A store of another version
cp -r whole other
python3 -c 'import sqlite3; sqlite3.connect("other/trials.1-of-1.sqlite").execute("PRAGMA user_version = 99")'
for command in "study $study -o other" "study status other" "study export other -o other.csv"; do
    told 3 'trials.1-of-1.sqlite: .*this one has version 99' "$tool" $command
done

# A study that changed; its store stays as it was
sed -e 's/\[6, 30, 90\]/[6, 30, 80]/' -e "s#experiment: .*#experiment: $(dirname "$study")/../../studies/experiment.yaml#" "$study" >changed.yaml
told 3 'sweep.*90.*became.*80' "$tool" study changed.yaml -o whole
[[ $(table whole) == "$expected" ]] || fail "after a changed study"

# Commands that hang, crash or write nonsense are rows; the study goes on, the others' trials too
cat >commands.yaml <<END
schema: stereodrr/study/v1
name: bad commands
level: points
seed: 1
repetitions: 2
experiment: $(dirname "$study")/../../studies/experiment.yaml
procedures:
  - { name: bundle }
  - { label: hangs, command: 'exec sleep 60; : {case} {out}', time_limit_s: 0.2 }
  - { label: crashes, command: 'kill -SEGV \$\$ # {case} {out}' }
  - { label: nonsense, command: 'ls {case}; echo nonsense > {out}/calibration.json' }
END
"$tool" study commands.yaml -o commands --quiet >output
"$tool" study export commands -o commands.csv
for row in 'bundle,true' 'hangs,false,.*stopped after 0.2 s' 'crashes,false,.*ended by signal 11' 'nonsense,false,.*not JSON'; do
    (($(grep -cE "$row" commands.csv) == 2)) || fail "rows of commands: no '$row'"
done
