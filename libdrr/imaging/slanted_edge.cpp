#include <drr/core/error.hpp>
#include <drr/imaging/slanted_edge.hpp>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

namespace drr {

namespace {

constexpr int bins_per_px = 4;
/// Share of the line spread's length, at each end, over which it is tapered to 0.
constexpr double tapered = 0.25;

struct Line {
    double at_first_row = 0.0;
    double slope = 0.0;  ///< columns a row
};

/// Where the edge crosses each row: the centroid of the row's differences within `reach` of
/// `guess`, fitted by a line.
Line fit_edge(const Image<float>& image, const Line& guess, double reach) {
    double n = 0.0;
    double sv = 0.0;
    double su = 0.0;
    double svv = 0.0;
    double suv = 0.0;
    for (int v = 0; v < image.height(); ++v) {
        const double near = guess.at_first_row + guess.slope * v;
        double weight = 0.0;
        double moment = 0.0;
        for (int u = 1; u < image.width(); ++u) {
            if (std::abs(u - 0.5 - near) > reach) continue;
            const double step = static_cast<double>(image(u, v) - image(u - 1, v));
            weight += step;
            moment += step * (u - 0.5);
        }
        if (weight == 0.0) continue;
        const double at = moment / weight;
        n += 1.0;
        sv += v;
        su += at;
        svv += static_cast<double>(v) * v;
        suv += at * v;
    }
    const double determinant = n * svv - sv * sv;
    require(n >= 0.5 * image.height() && determinant > 0.0, "the image shows no edge");
    const double slope = (n * suv - sv * su) / determinant;
    return {(su - slope * sv) / n, slope};
}

/// Means of the pixels over their distance from the edge.
std::vector<double> edge_profile(const Image<float>& image, const Line& edge) {
    const double cosine = 1.0 / std::hypot(1.0, edge.slope);
    const double last = edge.at_first_row + edge.slope * (image.height() - 1);
    const double left = std::min(edge.at_first_row, last);
    const double right = image.width() - 1 - std::max(edge.at_first_row, last);
    const int half = static_cast<int>(std::min(left, right) * cosine * bins_per_px) - 1;
    require(half >= 8 * bins_per_px, "the edge must be 8 pixels or more from the image's sides");
    std::vector<double> sums(static_cast<std::size_t>(2 * half));
    std::vector<int> counts(sums.size());
    for (int v = 0; v < image.height(); ++v)
        for (int u = 0; u < image.width(); ++u) {
            const double distance = (u - edge.at_first_row - edge.slope * v) * cosine;
            const double bin = std::floor(distance * bins_per_px) + half;
            if (bin < 0.0 || bin >= 2.0 * half) continue;
            sums[static_cast<std::size_t>(bin)] += static_cast<double>(image(u, v));
            ++counts[static_cast<std::size_t>(bin)];
        }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        require(counts[i] > 0, "the edge must be slanted by a pixel or more over 50 rows");
        sums[i] /= counts[i];
    }
    return sums;
}

double sinc(double x) {
    return x == 0.0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

}  // namespace

EdgeMtf slanted_edge_mtf(const Image<float>& image) {
    require(image.width() >= 32 && image.height() >= 32, "an edge's image needs 32 x 32 pixels");
    const Line middle{0.5 * (image.width() - 1), 0.0};
    Line edge = fit_edge(image, middle, image.width());
    constexpr double reach_px = 16.0;  // second time without the noise far from the edge
    edge = fit_edge(image, edge, reach_px);
    require(std::abs(edge.slope) <= 1.0, "the edge must be within 45 degrees of the columns");

    std::vector<double> line = edge_profile(image, edge);
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
        line[i] = line[i + 1] - line[i];
    line.pop_back();
    const double length = static_cast<double>(line.size());
    for (std::size_t i = 0; i < line.size(); ++i) {
        const double from_end = std::min(i + 0.5, length - (i + 0.5)) / (tapered * length);
        if (from_end < 1.0) line[i] *= 0.5 * (1.0 - std::cos(std::numbers::pi * from_end));
    }

    EdgeMtf result;
    result.edge_angle_rad = std::atan(edge.slope);
    constexpr int frequencies = 64;
    for (int k = 0; k <= frequencies; ++k) {
        const double cycles_per_px = 0.5 * k / frequencies;
        std::complex<double> sum;
        for (std::size_t i = 0; i < line.size(); ++i)
            sum += line[i] * std::polar(1.0, -2.0 * std::numbers::pi * cycles_per_px *
                                                 static_cast<double>(i) / bins_per_px);
        // Once for the mean over a bin, once for the difference of neighbours.
        const double lost = sinc(cycles_per_px / bins_per_px);
        result.cycles_per_px.push_back(cycles_per_px);
        result.values.push_back(std::abs(sum) / (lost * lost));
    }
    const double at_zero = result.values.front();
    require(at_zero > 0.0, "the image shows no edge");
    for (double& value : result.values)
        value /= at_zero;
    return result;
}

}  // namespace drr
