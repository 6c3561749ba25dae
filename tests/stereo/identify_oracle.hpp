#pragma once

#include "identify_cases.hpp"

namespace test {

/// What the images of a case tell to somebody who is handed the truth and asked whether anything
/// else explains them as well.
struct OracleAnswer {
    /// The probability, by the likelihood of the joint fit, that the truth is not the answer: the
    /// truth is weighed with all that the search finds and with what the near symmetries of the
    /// layout make of the truth. Other rivals would only add to it.
    double error_probability = 1.0;
    /// Blobs of one marker, apart from others, that keep their names under the true naming, and
    /// how many there are.
    int names_kept = 0;
    int names = 0;

    /// Whether a method that errs no more often than options.max_error_probability, and gives no
    /// name that is doubtful by options.max_name_error or max_other_marker_error, can name nine of
    /// ten blobs.
    [[nodiscard]] bool decidable(const stereo::IdentifyOptions& options) const {
        return error_probability <= options.max_error_probability && 10 * names_kept >= 9 * names;
    }
};

[[nodiscard]] OracleAnswer ask_oracle(const IdentifyCase& c);

}  // namespace test
