#!/usr/bin/env bash
# test_command_line.sh STEREODRR: exit codes and messages of the tool (docs/conventions.md, "Exit
# codes"). Errors go to standard error as one line that starts with "stereodrr: error:", except the
# command-line parser's own.
set -euo pipefail
tool=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# expect CODE STREAM REGEX ARGUMENT...: runs the tool; STREAM (out or err) must match, and where the
# code is not 0 nothing may stand on standard output.
expect() {
    local code=$1 stream=$2 regex=$3 status=0
    shift 3
    timeout 20 "$tool" "$@" >"$work/out" 2>"$work/err" || status=$?
    if ((status != code)); then
        echo "stereodrr $*: exit code $status, expected $code" && failures=1
    fi
    if ! grep -qE -e "$regex" "$work/$stream"; then
        echo "stereodrr $*: standard $stream does not match '$regex':" && cat "$work/$stream"
        failures=1
    fi
    if ((code != 0)) && [[ -s $work/out ]]; then
        echo "stereodrr $*: failed but wrote to standard output:" && cat "$work/out"
        failures=1
    fi
}

expect 0 out '^stereodrr [0-9]+\.[0-9]+\.[0-9]+ \((unknown|[0-9a-f]{12}(-dirty)?)\)$' --version
expect 0 out 'Usage: stereodrr' --help
expect 2 err 'nonsense' --nonsense
expect 2 err 'nonsense' nonsense
expect 2 err 'subcommand is required' # nothing at all
expect 2 err 'threads' --threads -1
expect 2 err 'threads' --threads many
exit $failures
