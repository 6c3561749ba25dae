#pragma once

namespace drr {

// A file cannot hold more than this many times its size: deflate packs at most 1032:1 and no CT
// comes near it. What declares more is lying, and nothing is allocated for it.
inline constexpr double most_packing = 1100.0;

// Direction cosines are written with at least four digits (DICOM) or in single precision (NIfTI).
inline constexpr double axis_tolerance = 1e-3;

}  // namespace drr
