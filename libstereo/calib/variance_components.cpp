#include "variance_components.hpp"

#include "degeneracy.hpp"
#include "marker_rows.hpp"

#include <cmath>

namespace stereo {

std::vector<double> balance_views(BundleProblem& problem, Observations& observations) {
    constexpr int most_rounds = 20;
    constexpr double settled = 1e-3;  // a tenth of what 1000 residuals know
    const auto views = static_cast<std::size_t>(observations.view_count);
    std::vector<double> factors(views, 1.0);
    const auto images = by_image(observations, problem.used);
    NormalEquations all;
    NormalEquations one;
    MarkerRows rows;
    for (int round = 0; round < most_rounds; ++round) {
        problem.linearize(problem.state, images, all);
        const NormalInverse inverse =
            invert_normal_matrix(all.matrix(), problem.layout.parameters, problem.state);
        if (!inverse.undetermined.empty()) break;
        double change = 0.0;
        std::vector<double> step(views, 1.0);
        for (std::size_t v = 0; v < views; ++v) {
            one.reset(problem.layout);
            double numbers = 0.0;
            for (const auto& image : images) {
                if (image.view != static_cast<int>(v)) continue;
                numbers += 2.0 * static_cast<double>(image.items.size());
                add_image(observations, image, problem.state, problem.layout, problem.options, rows,
                          one);
            }
            const double freedom = numbers - inverse.inverse.cwiseProduct(one.matrix()).sum();
            if (!(freedom > 1.0 && one.cost > 0.0)) continue;
            step[v] = std::sqrt(one.cost / freedom);
            factors[v] *= step[v];
            change = std::max(change, std::abs(std::log(step[v])));
        }
        for (auto& item : observations.items)
            item.sd_px *= step[static_cast<std::size_t>(item.view)];
        problem.minimize();
        if (change < settled) break;
    }
    return factors;
}

}  // namespace stereo
