# stereodrr_precompile(owner HEADERS <vector> ... LINK Eigen3::Eigen)
#
# An object library that precompiles HEADERS, for `target_precompile_headers(target REUSE_FROM owner)`
# by targets with the same options: parsing the standard library, Eigen and Boost.Test took a third
# of the time of a build. It hides a missing #include; the preset release, which builds without
# (CMAKE_DISABLE_PRECOMPILE_HEADERS), shows it.
function(stereodrr_precompile owner)
    cmake_parse_arguments(ARG "" "" "HEADERS;LINK" ${ARGN})
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${owner}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "")
    add_library(${owner} OBJECT ${source})
    # -Wpedantic too changes what is predefined, so the warnings have to be the same.
    target_link_libraries(${owner} PRIVATE ${ARG_LINK} stereodrr_warnings)
    target_precompile_headers(${owner} PRIVATE ${ARG_HEADERS})
endfunction()

# The headers that most sources use.
set(STEREODRR_COMMON_HEADERS
    <algorithm> <array> <cmath> <filesystem> <functional> <limits> <map> <memory> <numbers> <numeric>
    <optional> <set> <span> <string> <string_view> <utility> <variant> <vector> <Eigen/Dense>)
