#include <drr/core/error.hpp>
#include <stereo/recon/assignment.hpp>

#include <limits>

namespace stereo {

std::vector<std::size_t> least_assignment(const Eigen::MatrixXd& cost) {
    drr::require(cost.rows() == cost.cols(), "an assignment needs a square matrix of costs");
    const auto n = static_cast<std::size_t>(cost.rows());
    const double infinity = std::numeric_limits<double>::infinity();
    // Row and column 0 are a sentinel; `row_of[0]` is the row being placed.
    std::vector<double> row_price(n + 1, 0.0);
    std::vector<double> column_price(n + 1, 0.0);
    std::vector<std::size_t> row_of(n + 1, 0);
    std::vector<std::size_t> previous(n + 1, 0);
    for (std::size_t row = 1; row <= n; ++row) {
        row_of[0] = row;
        std::size_t at = 0;
        std::vector<double> least(n + 1, infinity);
        std::vector<bool> used(n + 1, false);
        do {
            used[at] = true;
            const std::size_t i = row_of[at];
            double step = infinity;
            std::size_t next = 0;
            for (std::size_t j = 1; j <= n; ++j) {
                if (used[j]) continue;
                const double reduced =
                    cost(static_cast<Eigen::Index>(i - 1), static_cast<Eigen::Index>(j - 1)) -
                    row_price[i] - column_price[j];
                if (reduced < least[j]) {
                    least[j] = reduced;
                    previous[j] = at;
                }
                if (least[j] < step) {
                    step = least[j];
                    next = j;
                }
            }
            for (std::size_t j = 0; j <= n; ++j) {
                if (used[j]) {
                    row_price[row_of[j]] += step;
                    column_price[j] -= step;
                } else {
                    least[j] -= step;
                }
            }
            at = next;
        } while (row_of[at] != 0);
        while (at != 0) {
            row_of[at] = row_of[previous[at]];
            at = previous[at];
        }
    }
    std::vector<std::size_t> column_of(n, 0);
    for (std::size_t j = 1; j <= n; ++j)
        column_of[row_of[j] - 1] = j - 1;
    return column_of;
}

double assignment_cost(const Eigen::MatrixXd& cost, const std::vector<std::size_t>& column_of_row) {
    double sum = 0.0;
    for (std::size_t i = 0; i < column_of_row.size(); ++i)
        sum += cost(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(column_of_row[i]));
    return sum;
}

}  // namespace stereo
