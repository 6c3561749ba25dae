#include <drr/core/error.hpp>
#include <stereo/trials/statistics.hpp>

#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace stereo {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct Moments {
    double count = 0.0;
    double mean = 0.0;
    double standard_error = none;  // of the mean
};

Moments moments_of(std::span<const double> values) {
    Moments m;
    double squares = 0.0;
    for (const double value : values) {
        if (std::isnan(value)) continue;
        // Welford's update: no loss where the spread is small against the mean.
        m.count += 1.0;
        const double off = value - m.mean;
        m.mean += off / m.count;
        squares += off * (value - m.mean);
    }
    if (m.count == 0.0) m.mean = none;
    if (m.count >= 2.0) m.standard_error = std::sqrt(squares / (m.count - 1.0) / m.count);
    return m;
}

// Half the interval of 95 % in standard errors.
double student_95(double count) {
    return boost::math::quantile(boost::math::students_t(count - 1.0), 0.975);
}

Estimate interval(const Moments& m) {
    if (!(m.count >= 2.0)) return {m.mean, none, none};
    const double half = student_95(m.count) * m.standard_error;
    return {m.mean, m.mean - half, m.mean + half};
}

}  // namespace

Estimate mean_of(std::span<const double> values) {
    return interval(moments_of(values));
}

Estimate rms_of(std::span<const double> values) {
    std::vector<double> squares;
    for (const double value : values)
        squares.push_back(value * value);
    const Estimate mean = mean_of(squares);
    return {std::sqrt(mean.value), std::sqrt(std::max(mean.low, 0.0)), std::sqrt(mean.high)};
}

Estimate rms_ratio_of(std::span<const double> above, std::span<const double> below) {
    drr::require(above.size() == below.size(), "a ratio needs values in pairs");
    double a = 0.0;
    double b = 0.0;
    std::vector<double> square_a;
    std::vector<double> square_b;
    for (std::size_t i = 0; i < above.size(); ++i) {
        if (std::isnan(above[i]) || std::isnan(below[i])) continue;
        square_a.push_back(above[i] * above[i]);
        square_b.push_back(below[i] * below[i]);
        a += square_a.back();
        b += square_b.back();
    }
    if (square_a.empty()) return {none, none, none};
    const double ratio = a / b;
    const double mean_b = b / static_cast<double>(square_b.size());
    std::vector<double> residuals;
    for (std::size_t i = 0; i < square_a.size(); ++i)
        residuals.push_back((square_a[i] - ratio * square_b[i]) / mean_b);
    const Moments m = moments_of(residuals);
    if (!(m.count >= 2.0)) return {std::sqrt(ratio), none, none};
    const double half = student_95(m.count) * m.standard_error;
    return {std::sqrt(ratio), std::sqrt(std::max(ratio - half, 0.0)), std::sqrt(ratio + half)};
}

PairedComparison compare_pairs(std::span<const double> a, std::span<const double> b) {
    drr::require(a.size() == b.size(), "a comparison needs values in pairs");
    std::vector<double> logs;
    double better = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!(a[i] > 0.0 && b[i] > 0.0)) continue;
        logs.push_back(std::log(a[i] / b[i]));
        better += a[i] < b[i] ? 1.0 : 0.0;
    }
    PairedComparison result;
    result.pairs = logs.size();
    const Moments m = moments_of(logs);
    const Estimate mean = interval(m);
    result.ratio = {std::exp(mean.value), std::exp(mean.low), std::exp(mean.high)};
    if (logs.empty()) return result;
    result.a_better = better / m.count;
    if (m.count >= 2.0 && m.standard_error > 0.0)
        result.p_value = 2.0 * boost::math::cdf(boost::math::students_t(m.count - 1.0),
                                                -std::abs(m.mean) / m.standard_error);
    return result;
}

}  // namespace stereo
