#!/usr/bin/env bash
# Plants one breach of each rule in an otherwise clean tree and expects check_sources.sh to name it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

fresh_tree() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree"/{libdrr/{volume,core/include/drr/core},libstereo/{detect,grid,identify,calib,recon,assess,track},tools}
    printf '#include <drr/core/error.hpp>\n#include <vector>\n#include <Eigen/Core>\n' \
        >"$tree/libdrr/core/include/drr/core/a.hpp"
    printf '#include <itkImage.h>\n// not std::cout, exit(1)\n' >"$tree/libdrr/volume/volume_file.cpp"
}

fresh_tree
"$here/check_sources.sh" "$tree" || { echo "refuses a clean tree" && failures=1; }

# breach FILE LINE
breach() {
    fresh_tree
    printf '%s\n' "$2" >>"$tree/$1"
    local output
    if output=$("$here/check_sources.sh" "$tree"); then
        echo "accepts '$2' in $1" && failures=1
    elif [[ $output != *"$1:"*"$2"* ]]; then
        echo "does not show '$2' in $1: $output" && failures=1
    fi
}

breach libdrr/core/include/drr/core/a.hpp '#include <opencv2/core.hpp>'
breach libdrr/core/include/drr/core/a.hpp '#include <ceres/ceres.h>'
breach libdrr/core/include/drr/core/a.hpp '#include <yaml-cpp/yaml.h>'
breach libdrr/core/include/drr/core/a.hpp '#include <xraylib.h>'
breach libdrr/core/include/drr/core/a.hpp '#include "private.hpp"'
breach libdrr/volume/other.cpp '#include <itkImage.h>'
breach tools/cmd_x.cpp '#include <itkImage.h>'
breach libdrr/volume/other.cpp 'std::cout << 1;'
breach libdrr/volume/other.cpp 'if (bad) exit(1);'
breach libstereo/calib/x.cpp 'fmt::print("{}", 1);'
breach libstereo/recon/x.cpp '#include <drr/phantom/shape.hpp>'
breach libstereo/track/x.cpp '#include <drr/scene/scene.hpp>'
breach libstereo/detect/CMakeLists.txt '  PRIVATE drr::projector'
exit $failures
