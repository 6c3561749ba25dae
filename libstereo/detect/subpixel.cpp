#include "fit_covariance.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/shadow_profile.hpp>
#include <stereo/detect/subpixel.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

constexpr int bead_parameters = 4;  // x, y, ln radius, ln attenuation
constexpr int max_order = 5;        // of the background's polynomial
constexpr int max_background = (max_order + 1) * (max_order + 2) / 2;
constexpr int max_parameters =
    max_background + 1 + bead_parameters * static_cast<int>(max_joint_beads);
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, max_parameters, 1>;
using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, max_parameters, max_parameters>;

// Under a bead the background is no darker than this part of its surroundings: else it would take
// the bead's place.
constexpr double least_background = 0.05;
// The jackknife over sectors is uncertain by a third and, each sector having a say in most of the
// parameters, biased upwards; below this factor it is taken to
// say the same as the noise does.
constexpr double least_jackknife_excess = 4.0;
// Until then a fit may stray.
constexpr int first_steps = 2;
// A fit that need not be exact leaves out half of the pixels if there are more than this.
constexpr std::size_t enough_pixels = 250;
// The table needs nodes_per_blur nodes a blur; less blur than a pixel's own aperture is no image.
constexpr double min_blur_px = 0.28;

struct Pixel {
    double x = 0.0;  // from the origin of the fit
    double y = 0.0;
    double grey = 0.0;
    double root_weight = 0.0;
    bool saturated = false;
};

using Background = Eigen::Matrix<double, max_background, 1>;

struct Parameters {
    int order = 2;  // of the background
    Background background = Background::Zero();
    double blur = 0.0;
    std::array<BeadShadow, max_joint_beads> beads;  // centres from the origin of the fit
};

/// 1, x, y, xx, xy, yy, ... up to the order.
void monomials(double x, double y, int order, double* m) {
    m[0] = 1.0;
    for (int o = 1, k = 1; o <= order; ++o) {
        for (int i = 0; i < o; ++i)
            m[k + i] = m[k + i - o] * x;
        m[k + o] = m[k - 1] * y;
        k += o + 1;
    }
}

constexpr int coefficients(int order) {
    return (order + 1) * (order + 2) / 2;
}

struct NormalEquations {
    Matrix hessian;
    Vector gradient;
    double cost = 0.0;
};

class Problem {
  public:
    Problem(const drr::Image<float>& image, const std::vector<BeadShadow>& start,
            const BeadFitOptions& options, const std::vector<Disc>& excluded)
        : image_(image),
          options_(options),
          excluded_(excluded),
          beads_(start.size()),
          origin_(start.front().center_px.array().round()) {
        start_.blur = options.blur_px;
        for (std::size_t j = 0; j < beads_; ++j) {
            start_.beads[j] = start[j];
            start_.beads[j].center_px -= origin_;
        }
        at_ = start_;
    }

    BeadFit solve();

  private:
    // The parameters: of each bead, the blur where it is fitted, the background.
    static int first_of_bead(std::size_t j) { return bead_parameters * static_cast<int>(j); }
    [[nodiscard]] int blur_index() const { return first_of_bead(beads_); }
    [[nodiscard]] int first_of_background() const {
        return blur_index() + (options_.fit_blur ? 1 : 0);
    }
    [[nodiscard]] int size() const { return first_of_background() + coefficients(at_.order); }

    bool gather();
    void set_background();
    void set_weights();
    [[nodiscard]] double background(const Parameters& p, double x, double y) const;
    void tabulate(const Parameters& p);
    void evaluate(const Parameters& p, NormalEquations& result);
    [[nodiscard]] Parameters moved(const Parameters& p, const Vector& step) const;
    [[nodiscard]] bool near_start(const Parameters& p) const;
    [[nodiscard]] bool hopeless(const Parameters& p) const;
    bool minimize();
    bool raise_order();
    void describe(BeadFit& fit) const;

    const drr::Image<float>& image_;
    const BeadFitOptions& options_;
    const std::vector<Disc>& excluded_;
    std::size_t beads_;
    Eigen::Vector2d origin_;
    Parameters start_;
    Parameters at_;
    std::vector<Pixel> pixels_;
    std::vector<std::optional<ShadowProfile>> shadows_;  // of the parameters in tabulated_
    std::array<std::array<double, 3>, max_joint_beads> tabulated_{};
    int free_pixels_ = 0;
    double reach_px_ = 1.0;  // the unit of length of the background's terms
    double background_level_ = 0.0;
    double background_inverse_sd_ = 0.0;
    NormalEquations normal_;  // at at_
    NormalEquations trial_;
    // Of the last evaluation, each row times the root of the pixel's weight.
    FittedPixels::Jacobian jacobian_;
    Eigen::VectorXd residuals_;
};

/// The pixels of the fit. False where they cannot determine it.
bool Problem::gather() {
    pixels_.clear();
    free_pixels_ = 0;
    Eigen::Array2d low = Eigen::Array2d::Constant(1e9);
    Eigen::Array2d high = -low;
    std::array<double, max_joint_beads> reach2{};
    for (std::size_t j = 0; j < beads_; ++j) {
        const double reach = fit_radius_px(at_.beads[j].radius_px, at_.blur);
        reach2[j] = reach * reach;
        const Eigen::Array2d center = (at_.beads[j].center_px + origin_).array();
        low = low.min(center - reach);
        high = high.max(center + reach);
    }
    const int first_column = std::max(0, static_cast<int>(std::ceil(low.x())));
    const int first_row = std::max(0, static_cast<int>(std::ceil(low.y())));
    const int last_column = std::min(image_.width() - 1, static_cast<int>(std::floor(high.x())));
    const int last_row = std::min(image_.height() - 1, static_cast<int>(std::floor(high.y())));
    for (int row = first_row; row <= last_row; ++row)
        for (int column = first_column; column <= last_column; ++column) {
            const Eigen::Vector2d at(column, row);
            bool inside = false;
            for (std::size_t j = 0; j < beads_ && !inside; ++j)
                inside = (at - origin_ - at_.beads[j].center_px).squaredNorm() < reach2[j];
            // NaN: outside the irradiated field.
            if (!inside || std::isnan(image_(column, row))) continue;
            if (std::any_of(excluded_.begin(), excluded_.end(), [&](const Disc& disc) {
                    return (at - disc.center_px).squaredNorm() < disc.radius_px * disc.radius_px;
                }))
                continue;
            Pixel pixel;
            pixel.x = at.x() - origin_.x();
            pixel.y = at.y() - origin_.y();
            pixel.grey = image_(column, row);
            pixel.saturated = pixel.grey >= options_.saturation;
            free_pixels_ += pixel.saturated ? 0 : 1;
            pixels_.push_back(pixel);
        }
    if (options_.thin && pixels_.size() > enough_pixels) {
        std::erase_if(pixels_, [&](const Pixel& pixel) {
            return (static_cast<int>(pixel.x) + static_cast<int>(pixel.y)) % 2 != 0;
        });
        free_pixels_ = static_cast<int>(std::count_if(
            pixels_.begin(), pixels_.end(), [](const Pixel& pixel) { return !pixel.saturated; }));
    }
    return free_pixels_ > 2 * size();
}

/// A level background to start from: the median of the pixels outside the shadows.
void Problem::set_background() {
    std::vector<double> rim;
    std::vector<double> all;
    double reach2 = 1.0;
    for (const Pixel& pixel : pixels_) {
        reach2 = std::max(reach2, pixel.x * pixel.x + pixel.y * pixel.y);
        all.push_back(pixel.grey);
        bool outside = true;
        for (std::size_t j = 0; j < beads_; ++j)
            outside =
                outside && (Eigen::Vector2d(pixel.x, pixel.y) - at_.beads[j].center_px).norm() >
                               at_.beads[j].radius_px + at_.blur;
        if (outside) rim.push_back(pixel.grey);
    }
    std::vector<double>& of = rim.empty() ? all : rim;
    const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::nth_element(of.begin(), middle, of.end());
    at_.background = Background::Zero();
    at_.background[0] = *middle;
    background_level_ = *middle;
    // Over the reach of the fit each term may change the background by this much of itself.
    reach_px_ = std::sqrt(reach2);
    background_inverse_sd_ = 1.0 / (options_.prior_background * std::max(*middle, 1e-30));
}

double Problem::background(const Parameters& p, double x, double y) const {
    Background m = Background::Zero();
    monomials(x / reach_px_, y / reach_px_, p.order, m.data());
    return p.background.dot(m);
}

/// Brings shadows_ up to date.
void Problem::tabulate(const Parameters& p) {
    shadows_.resize(beads_);
    for (std::size_t j = 0; j < beads_; ++j) {
        const std::array<double, 3> key = {p.beads[j].radius_px, p.blur, p.beads[j].attenuation};
        if (shadows_[j] && key == tabulated_[j]) continue;
        shadows_[j].emplace(key[0], key[1], key[2]);
        tabulated_[j] = key;
    }
}

void Problem::set_weights() {
    tabulate(at_);
    for (Pixel& pixel : pixels_) {
        double model = background(at_, pixel.x, pixel.y);
        for (std::size_t j = 0; j < beads_; ++j)
            model *= 1.0 - shadows_[j]
                               ->at(std::hypot(pixel.x - at_.beads[j].center_px.x(),
                                               pixel.y - at_.beads[j].center_px.y()))
                               .value;
        pixel.root_weight = 1.0 / std::sqrt(options_.noise.variance(model));
    }
}

void Problem::evaluate(const Parameters& p, NormalEquations& result) {
    tabulate(p);
    const int n = first_of_background() + coefficients(p.order);
    const int background_count = coefficients(p.order);
    const double inverse_reach = 1.0 / reach_px_;
    jacobian_.resize(static_cast<Eigen::Index>(pixels_.size()), n);
    residuals_.resize(jacobian_.rows());
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        const Pixel& pixel = pixels_[i];
        std::array<ShadowProfile::Sample, max_joint_beads> shadow;
        std::array<double, max_joint_beads> dx{};
        std::array<double, max_joint_beads> dy{};
        std::array<double, max_joint_beads> rho{};
        double transmission = 1.0;
        for (std::size_t b = 0; b < beads_; ++b) {
            dx[b] = pixel.x - p.beads[b].center_px.x();
            dy[b] = pixel.y - p.beads[b].center_px.y();
            rho[b] = std::sqrt(dx[b] * dx[b] + dy[b] * dy[b]);
            shadow[b] = shadows_[b]->at(rho[b]);
            transmission *= 1.0 - shadow[b].value;
        }
        double* const j = jacobian_.data() + static_cast<std::ptrdiff_t>(i) * n;
        double* const m = j + first_of_background();
        monomials(pixel.x * inverse_reach, pixel.y * inverse_reach, p.order, m);
        double background = 0.0;
        for (int k = 0; k < background_count; ++k)
            background += p.background[k] * m[k];
        const double residual = pixel.grey - background * transmission;
        const auto row = static_cast<Eigen::Index>(i);
        // A saturated pixel bounds the model from below only.
        if (pixel.saturated && residual <= 0.0) {
            residuals_[row] = 0.0;
            jacobian_.row(row).setZero();
            continue;
        }
        residuals_[row] = pixel.root_weight * residual;
        for (int k = 0; k < background_count; ++k)
            m[k] *= pixel.root_weight * transmission;
        if (options_.fit_blur) j[blur_index()] = 0.0;
        for (std::size_t b = 0; b < beads_; ++b) {
            double others = pixel.root_weight * background;
            for (std::size_t c = 0; c < beads_; ++c)
                if (c != b) others *= 1.0 - shadow[c].value;
            double* const jb = j + first_of_bead(b);
            // d rho / d centre = -(dx, dy) / rho; the shadow lowers the grey.
            const double slope = rho[b] > 1e-9 ? others * shadow[b].d_rho / rho[b] : 0.0;
            jb[0] = slope * dx[b];
            jb[1] = slope * dy[b];
            jb[2] = -others * shadow[b].d_log_radius;
            jb[3] = -others * shadow[b].d_log_attenuation;
            if (options_.fit_blur) j[blur_index()] -= others * shadow[b].d_log_blur;
        }
    }
    result.hessian.setZero(n, n);
    result.hessian.selfadjointView<Eigen::Lower>().rankUpdate(jacobian_.transpose());
    result.gradient = jacobian_.transpose() * residuals_;
    result.cost = residuals_.squaredNorm();
    const auto prior = [&](int index, double pull, double inverse_sd) {
        result.cost += pull * pull;
        result.hessian(index, index) += inverse_sd * inverse_sd;
        result.gradient[index] -= pull * inverse_sd;
    };
    const auto log_prior = [&](int index, double value, double center, double sd) {
        prior(index, std::log(value / center) / sd, 1.0 / sd);
    };
    for (int k = 0; k < background_count; ++k)
        prior(first_of_background() + k,
              (p.background[k] - (k == 0 ? background_level_ : 0.0)) * background_inverse_sd_,
              background_inverse_sd_);
    if (options_.fit_blur) log_prior(blur_index(), p.blur, start_.blur, options_.prior_log_blur);
    for (std::size_t b = 0; b < beads_; ++b) {
        log_prior(
            first_of_bead(b) + 2, p.beads[b].radius_px,
            options_.prior_radius_px > 0.0 ? options_.prior_radius_px : start_.beads[b].radius_px,
            options_.prior_log_radius);
        log_prior(first_of_bead(b) + 3, p.beads[b].attenuation, start_.beads[b].attenuation,
                  options_.prior_log_attenuation);
    }
}

Parameters Problem::moved(const Parameters& p, const Vector& step) const {
    // A factor of e in one step is enough for any parameter, and keeps exp() in range.
    const auto factor = [](double s) { return std::exp(std::clamp(s, -1.0, 1.0)); };
    Parameters q = p;
    q.background.head(coefficients(p.order)) += step.tail(coefficients(p.order));
    if (options_.fit_blur) q.blur = std::max(min_blur_px, p.blur * factor(step[blur_index()]));
    for (std::size_t b = 0; b < beads_; ++b) {
        const int k = first_of_bead(b);
        q.beads[b].center_px += step.segment<2>(k);
        q.beads[b].radius_px *= factor(step[k + 2]);
        q.beads[b].attenuation *= factor(step[k + 3]);
    }
    return q;
}

bool Problem::near_start(const Parameters& p) const {
    for (std::size_t b = 0; b < beads_; ++b) {
        const double r = start_.beads[b].radius_px;
        if (!((p.beads[b].center_px - start_.beads[b].center_px).norm() <= r + 1.0)) return false;
        if (!(p.beads[b].radius_px > r / 8.0 && p.beads[b].radius_px < r * 8.0)) return false;
        if (!(p.beads[b].attenuation > 1e-4 && p.beads[b].attenuation < 1e3)) return false;
    }
    for (std::size_t b = 0; b < beads_; ++b)
        if (!(background(p, p.beads[b].center_px.x(), p.beads[b].center_px.y()) >
              least_background * background_level_))
            return false;
    return p.blur < 8.0 * start_.blur;
}

/// Whether the first bead, for which the fit is made, fades away or takes another size.
bool Problem::hopeless(const Parameters& p) const {
    const double growth = p.beads[0].radius_px / start_.beads[0].radius_px;
    return p.beads[0].attenuation < options_.least_attenuation ||
           std::max(growth, 1.0 / growth) > options_.most_growth;
}

/// Levenberg-Marquardt from at_, of which normal_ holds the normal equations, then and afterwards.
bool Problem::minimize() {
    double damping = 1e-3;
    for (int iteration = 0; iteration < options_.max_iterations; ++iteration) {
        Matrix damped = normal_.hessian;
        damped.diagonal() *= 1.0 + damping;
        const Vector step = damped.ldlt().solve(normal_.gradient);
        if (!step.allFinite()) return false;
        double center_step = 0.0;
        for (std::size_t b = 0; b < beads_; ++b)
            center_step = std::max(center_step, step.segment<2>(first_of_bead(b)).norm());
        const Parameters next = moved(at_, step);
        const bool possible = near_start(next);
        if (possible) evaluate(next, trial_);
        if (possible && trial_.cost <= normal_.cost) {
            const double gain = normal_.cost - trial_.cost;
            at_ = next;
            std::swap(normal_, trial_);
            damping = std::max(1e-9, damping * 0.1);
            if (iteration >= first_steps && hopeless(at_)) return false;
            if (center_step < options_.tolerance_px && gain <= options_.least_gain * normal_.cost)
                return true;
        } else {
            // At the minimum, as near as the interpolated derivatives can tell.
            if (possible && center_step < options_.tolerance_px &&
                normal_.gradient.dot(step) <= options_.least_gain * normal_.cost) {
                evaluate(at_, normal_);
                return true;
            }
            damping *= 10.0;
            if (damping > 1e7) return false;
        }
    }
    return false;
}

/// Gives the background the terms of the next order if they promise to explain more than noise
/// would. Whether it did.
bool Problem::raise_order() {
    Parameters raised = at_;
    ++raised.order;
    const int n = first_of_background() + coefficients(raised.order);
    if (free_pixels_ <= 2 * n) return false;
    evaluate(raised, trial_);
    const double promise = trial_.gradient.dot(trial_.hessian.ldlt().solve(trial_.gradient));
    const double by_noise = (coefficients(raised.order) - coefficients(at_.order)) *
                            options_.noise.correlation.low_frequency_power();
    // Schwarz's criterion: each parameter costs the logarithm of the number of data.
    if (!(promise > std::log(static_cast<double>(free_pixels_)) * by_noise)) return false;
    const Parameters before = at_;
    at_ = raised;
    std::swap(normal_, trial_);
    if (minimize()) return true;
    at_ = before;
    evaluate(at_, normal_);
    return false;
}

/// Covariances, contrast and the test of roundness at the solution.
void Problem::describe(BeadFit& fit) const {
    const int dof = std::max(1, free_pixels_ - size());
    fit.chi2_per_dof = residuals_.squaredNorm() / dof;
    FittedPixels pixels;
    pixels.inverse = normal_.hessian.ldlt().solve(Matrix::Identity(size(), size()));
    pixels.residuals = residuals_;
    pixels.place.resize(static_cast<Eigen::Index>(pixels_.size()), 2);
    for (std::size_t i = 0; i < pixels_.size(); ++i)
        pixels.place.row(static_cast<Eigen::Index>(i)) << static_cast<int>(pixels_[i].x),
            static_cast<int>(pixels_[i].y);
    // After a test of the next order it has columns of that.
    pixels.jacobian = jacobian_.leftCols(size());
    struct Harmonic {  // normal equations of the two components of the ellipticity
        double cc = 0.0, cs = 0.0, ss = 0.0, c = 0.0, s = 0.0;
    };
    std::array<Harmonic, max_joint_beads> harmonics;
    double square = 0.0;
    double noise = 0.0;
    for (std::size_t i = 0; i < pixels_.size(); ++i) {
        const Pixel& pixel = pixels_[i];
        if (pixel.saturated) continue;
        const auto row = static_cast<Eigen::Index>(i);
        const double residual = residuals_[row] / pixel.root_weight;
        square += residual * residual;
        noise += options_.noise.variance(pixel.grey - residual);
        for (std::size_t b = 0; b < beads_; ++b) {
            const Eigen::Vector2d d = Eigen::Vector2d(pixel.x, pixel.y) - at_.beads[b].center_px;
            // Stretching by 1 + e along x and 1 - e along y moves a point by e (x, -y).
            const Eigen::Vector2d by_center =
                jacobian_.block<1, 2>(row, first_of_bead(b)).transpose();
            const double c = by_center.x() * d.x() - by_center.y() * d.y();
            const double s = by_center.x() * d.y() + by_center.y() * d.x();
            Harmonic& h = harmonics[b];
            h.cc += c * c;
            h.cs += c * s;
            h.ss += s * s;
            h.c += c * residuals_[row];
            h.s += s * residuals_[row];
        }
    }
    fit.residual_rms = std::sqrt(square / std::max(1, free_pixels_));
    fit.expected_noise = std::sqrt(noise / std::max(1, free_pixels_));
    fit.background = background(at_, at_.beads[0].center_px.x(), at_.beads[0].center_px.y());
    fit.background_order = at_.order;
    fit.blur_px = at_.blur;
    fit.pixels = free_pixels_;
    fit.saturated_pixels = static_cast<int>(pixels_.size()) - free_pixels_;
    for (std::size_t b = 0; b < beads_; ++b) {
        const int k = first_of_bead(b);
        FittedBead bead;
        bead.shadow = at_.beads[b];
        bead.shadow.center_px += origin_;
        const Eigen::Matrix3d covariance =
            fit.chi2_per_dof * covariance_under_noise(pixels, k, options_.noise.correlation);
        bead.covariance_px2 = covariance.topLeftCorner<2, 2>();
        const Eigen::Matrix2d jack = covariance_by_jackknife(pixels, k, at_.beads[b].center_px);
        if (jack.trace() > least_jackknife_excess * bead.covariance_px2.trace())
            bead.covariance_px2 = jack;
        bead.sd_if_white_px =
            std::sqrt(0.5 * fit.chi2_per_dof * pixels.inverse.block<2, 2>(k, k).trace());
        bead.radius_sd_px = bead.shadow.radius_px * std::sqrt(covariance(2, 2));
        bead.contrast = shadows_[b]->at(0.0).value;
        const Harmonic& h = harmonics[b];
        const double determinant = h.cc * h.ss - h.cs * h.cs;
        if (determinant > 1e-12 * h.cc * h.ss) {
            const double c = (h.ss * h.c - h.cs * h.s) / determinant;
            const double s = (h.cc * h.s - h.cs * h.c) / determinant;
            bead.ellipticity = std::hypot(c, s);
            bead.ellipticity_sd = std::sqrt(fit.chi2_per_dof * 0.5 * (h.cc + h.ss) / determinant);
            const double angle = 0.5 * std::atan2(s, c);
            bead.long_axis = {std::cos(angle), std::sin(angle)};
        }
        fit.beads.push_back(bead);
    }
}

BeadFit Problem::solve() {
    BeadFit fit;
    for (int round = 0; round < options_.rounds; ++round) {
        if (!gather()) return fit;
        if (round == 0) set_background();
        set_weights();
        evaluate(at_, normal_);
        fit.converged = minimize();
        if (!fit.converged) return fit;
    }
    while (at_.order < options_.max_background_order && raise_order()) {
    }
    describe(fit);
    return fit;
}

}  // namespace

double fit_radius_px(double radius_px, double blur_px) {
    return 1.1 * radius_px + 2.5 * blur_px + 1.0;
}

BeadFit fit_beads(const drr::Image<float>& image, const std::vector<BeadShadow>& start,
                  const BeadFitOptions& options, const std::vector<Disc>& excluded) {
    drr::require(!start.empty() && start.size() <= max_joint_beads,
                 "1 to 4 beads were expected for one fit");
    return Problem(image, start, options, excluded).solve();
}

}  // namespace stereo
