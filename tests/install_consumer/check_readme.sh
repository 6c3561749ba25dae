#!/usr/bin/env bash
# check_readme.sh README: its CMake and C++ examples must be the files of consumer/, byte by byte.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The first fenced block of a language.
block() {
    awk -v fence="\`\`\`$2" '$0 == fence && !done { inside = 1; next }
                             inside && /^```$/    { inside = 0; done = 1 }
                             inside' "$1"
}

diff <(block "$1" cmake) "$here/consumer/CMakeLists.txt"
diff <(block "$1" cpp) "$here/consumer/main.cpp"
