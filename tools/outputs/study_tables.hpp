#pragma once

#include <stereo/trials/study_summary.hpp>

namespace tools {

/// The tables of a study's summary on standard output.
void print_conditions(const stereo::StudySummary& summary);
void print_leaderboard(const stereo::StudySummary& summary);
void print_failures(const stereo::StudySummary& summary);

}  // namespace tools
