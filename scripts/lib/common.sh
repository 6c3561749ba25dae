# What the scripts share; sourced after `set -euo pipefail`. Sets root and works from there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
logs=build/logs

# All failures end here: what failed, and where to read on.
die() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    shift
    if (($#)); then printf '  %s\n' "$@" >&2; fi
    exit 1
}

# package_names SECTION...: the names in these sections of scripts/packages.txt.
package_names() {
    awk -v wanted=" $* " '
        { sub(/#.*/, "") }
        /^\[/ { gsub(/[][ \t]/, ""); take = index(wanted, " " $0 " "); next }
        NF && take { print $1 }' scripts/packages.txt
}

missing_packages() {
    package_names "$@" | while read -r name; do
        if [[ $(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) != installed ]]; then
            printf '%s\n' "$name"
        fi
    done
}

# install_packages SECTION...: installs what is missing; silent and quick when nothing is.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        die "this is not Debian, so the packages it needs cannot be installed here" \
            "scripts/packages.txt names them as Debian 12 does;" \
            "with their equivalents installed, 'cmake --preset release' builds StereoDRR."
    fi
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$@")
    if ((${#missing[@]} == 0)); then return; fi
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "packages are missing, and installing them needs root or sudo; as root, run" \
                "apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
        as_root=(sudo)
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive apt-get)
    printf 'missing: %s\n' "${missing[*]}"
    stage "update the package lists" apt-update "${as_root[@]}" update
    stage "install ${#missing[@]} packages" apt-install \
        "${as_root[@]}" install -y --no-install-recommends "${missing[@]}"
}

# stage WHAT LOG COMMAND...: runs a command with its output in build/logs/LOG.log and says how long
# it took; when it fails, shows the end of the log and ends the script.
stage() {
    local what=$1 log=$logs/$2.log from=$SECONDS
    shift 2
    mkdir -p "$logs"
    printf '==> %s ... ' "$what"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%d s\n' $((SECONDS - from))
    else
        printf 'failed\n\n' && tail -n 30 "$log" >&2
        die "could not $what" "the command was: $*" "all of its output: $root/$log"
    fi
}

# count_tests JUNIT: sets passed, failed and skipped from the file that ctest wrote. A test that
# asked to be skipped is skipped; any other that did not run (no executable) has failed.
count_tests() {
    read -r passed failed skipped < <(awk '
        /<testcase / { status = ""; if (match($0, /status="[a-z]+"/))
                           status = substr($0, RSTART + 8, RLENGTH - 9)
                       if (status == "run") passed++; else if (status != "notrun") failed++ }
        /<skipped /  { if (/message="SKIP_/) skipped++; else failed++ }
        END { print passed + 0, failed + 0, skipped + 0 }' "$1")
}

# print_counts: the closing line.
print_counts() {
    if ((skipped > 0)); then
        printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    else
        printf '%d passed, %d failed\n' "$passed" "$failed"
    fi
}

# run_tests PRESET: configures, builds and tests a preset, sets the counts; true when tests ran and
# none failed.
run_tests() {
    local preset=$1 junit=$root/build/$1/junit.xml status=0
    rm -f "$junit"
    stage "configure preset $preset" "$preset-configure" cmake --preset "$preset"
    stage "build preset $preset" "$preset-build" cmake --build --preset "$preset"
    printf '==> test preset %s\n' "$preset"
    ctest --preset "$preset" --output-junit "$junit" 2>&1 | tee "$logs/$preset-test.log" || status=$?
    [[ -s $junit ]] || die "ctest ran no tests (status $status)" "$root/$logs/$preset-test.log"
    count_tests "$junit"
    ((status == 0 && failed == 0 && passed > 0))
}
