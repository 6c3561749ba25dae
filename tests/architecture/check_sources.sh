#!/usr/bin/env bash
# check_sources.sh ROOT: rules about the sources that the compiler does not check. Prints each line
# that breaks one, under its rule, and fails when there is any.
set -euo pipefail
cd "$1"
broken=0
code='^(?:(?!//).)*' # what stands before a comment

# refuse RULE PATTERN FILE...
refuse() {
    local rule=$1 pattern=$2 lines
    shift 2
    if (($# == 0)); then return; fi
    lines=$(grep -HnP -e "$pattern" "$@" || true)
    if [[ -n $lines ]]; then
        printf '%s:\n%s\n\n' "$rule" "$lines"
        broken=1
    fi
}

sources() { find "$@" \( -name '*.cpp' -o -name '*.hpp' \); }

mapfile -t public_headers < <(sources libdrr libstereo -path '*/include/*')
# volume_file.cpp reads std::cerr, where alone MetaIO reports truncated data; it writes nothing there.
mapfile -t libraries < <(sources libdrr libstereo | grep -vx 'libdrr/volume/volume_file\.cpp')
mapfile -t without_itk < <(sources libdrr libstereo tools |
    grep -vxE 'libdrr/(volume/(dicom_pixels|itk_reading|volume_file)|projector/itk_ray_cast|imaging/dicom_image)\.[ch]pp')
mapfile -t estimators < <(find libstereo/{detect,grid,identify,calib,recon,assess,track} -type f)

((${#public_headers[@]} > 0)) || { echo "no public headers under $1" && exit 1; }

refuse "a public header includes the standard library, Eigen and public headers of ours only" \
    '^\s*#\s*include\s+(?!<(\w+|Eigen/\w+|(drr|stereo)/\w+/\w+\.hpp)>)' "${public_headers[@]}"
refuse "ITK and GDCM are for {dicom_pixels,itk_reading,volume_file} of libdrr/volume, itk_ray_cast.cpp and dicom_image.cpp only" \
    '^\s*#\s*include\s+[<"](itk|gdcm|vnl/)' "${without_itk[@]}"
refuse "a library neither writes to the terminal nor ends the process (see drr/core/log.hpp)" \
    "$code"'(std::(cout|cerr|clog)\b|<iostream>|\b(printf|puts|abort|terminate|exit|_Exit)\(|fmt::print\()' \
    "${libraries[@]}"
refuse "detect, grid, identify, calib, recon, assess and track name no room that knows the truth" \
    '(drr/|drr::|stereo/|stereo::)(physics|phantom|volume|projector|imaging|scene|study|trials)\b' "${estimators[@]}"

exit $broken
