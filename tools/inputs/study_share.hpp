#pragma once

#include <stereo/trials/runner.hpp>

#include <string>

namespace tools {

/// The share of a study that "K/N" names, counted from 1; for an empty text the rank of this
/// process among those that mpirun started (Open MPI, MPICH and Intel MPI tell it in the
/// environment), else all of it. Throws drr::Error(usage).
[[nodiscard]] stereo::StudyShare share_of(const std::string& text);

}  // namespace tools
