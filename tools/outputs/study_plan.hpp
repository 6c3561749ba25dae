#pragma once

#include <stereo/trials/study.hpp>

namespace tools {

/// Prints how many trials a study has, and from a few of them, spread over its conditions, how long
/// all take on this machine and how large their store gets.
void print_plan(const stereo::Study& study);

}  // namespace tools
