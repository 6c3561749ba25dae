#include <drr/core/error.hpp>
#include <stereo/detect/shadow_profile.hpp>
#include <stereo/detect/subpixel.hpp>

#include <Eigen/Cholesky>

#include <algorithm>
#include <array>
#include <cmath>

namespace stereo {
namespace {

constexpr int bead_parameters = 4;        // x, y, ln radius, ln attenuation
constexpr int background_parameters = 6;  // 1, x, y, xx, xy, yy
constexpr int blur_index = background_parameters;
constexpr int max_parameters =
    background_parameters + 1 + bead_parameters * static_cast<int>(max_joint_beads);
using Vector = Eigen::Matrix<double, Eigen::Dynamic, 1, 0, max_parameters, 1>;
using Matrix =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, max_parameters, max_parameters>;

// Radius, blur and attenuation may still creep along a valley of equal cost; that does not matter.
constexpr double least_gain = 1e-3;
// The table needs nodes_per_blur nodes a blur; less blur than a pixel's own aperture is no image.
constexpr double min_blur_px = 0.28;

struct Pixel {
    double x = 0.0;  // from the origin of the fit
    double y = 0.0;
    double grey = 0.0;
    double weight = 0.0;
    bool saturated = false;
};

using Background = Eigen::Matrix<double, background_parameters, 1>;

struct Parameters {
    Background background = Background::Zero();
    double blur = 0.0;
    std::array<BeadShadow, max_joint_beads> beads;  // centres from the origin of the fit
};

Background monomials(double x, double y) {
    Background m;
    m << 1.0, x, y, x * x, x * y, y * y;
    return m;
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
          origin_(start.front().center_px.array().round()),
          size_(background_parameters + (options.fit_blur ? 1 : 0) +
                bead_parameters * static_cast<int>(start.size())) {
        start_.blur = options.blur_px;
        for (std::size_t j = 0; j < beads_; ++j) {
            start_.beads[j] = start[j];
            start_.beads[j].center_px -= origin_;
        }
        at_ = start_;
    }

    BeadFit solve();

  private:
    bool gather();
    void set_background();
    void set_weights();
    [[nodiscard]] std::vector<ShadowProfile> profiles(const Parameters& p) const;
    [[nodiscard]] NormalEquations evaluate(const Parameters& p, bool with_derivatives) const;
    [[nodiscard]] Parameters moved(const Parameters& p, const Vector& step) const;
    [[nodiscard]] int first_of_bead(std::size_t j) const {
        return background_parameters + (options_.fit_blur ? 1 : 0) +
               bead_parameters * static_cast<int>(j);
    }
    [[nodiscard]] bool near_start(const Parameters& p) const;
    bool minimize();
    void describe(BeadFit& fit) const;

    const drr::Image<float>& image_;
    const BeadFitOptions& options_;
    const std::vector<Disc>& excluded_;
    std::size_t beads_;
    Eigen::Vector2d origin_;
    int size_;
    Parameters start_;
    Parameters at_;
    std::vector<Pixel> pixels_;
    int free_pixels_ = 0;
    double background_scale_ = 0.0;
    Background background_inverse_sd_ = Background::Zero();
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
            if (!inside) continue;
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
    return free_pixels_ > 2 * size_;
}

/// A level background to start from: the median of the pixels outside the shadows.
void Problem::set_background() {
    std::vector<double> rim;
    std::vector<double> all;
    for (const Pixel& pixel : pixels_) {
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
    background_scale_ = *middle;
    // Over the reach of the fit each term may change the background by this much of itself.
    const double sd = options_.prior_background * std::max(*middle, 1e-30);
    const double reach = fit_radius_px(at_.beads[0].radius_px, at_.blur);
    background_inverse_sd_ << 1.0, reach, reach, reach * reach, reach * reach, reach * reach;
    background_inverse_sd_ /= sd;
}

std::vector<ShadowProfile> Problem::profiles(const Parameters& p) const {
    std::vector<ShadowProfile> result;
    result.reserve(beads_);
    for (std::size_t j = 0; j < beads_; ++j)
        result.emplace_back(p.beads[j].radius_px, p.blur, p.beads[j].attenuation);
    return result;
}

void Problem::set_weights() {
    const std::vector<ShadowProfile> shadows = profiles(at_);
    for (Pixel& pixel : pixels_) {
        double model = at_.background.dot(monomials(pixel.x, pixel.y));
        for (std::size_t j = 0; j < beads_; ++j)
            model *= 1.0 - shadows[j]
                               .at(std::hypot(pixel.x - at_.beads[j].center_px.x(),
                                              pixel.y - at_.beads[j].center_px.y()))
                               .value;
        pixel.weight = 1.0 / options_.noise.variance(model);
    }
}

NormalEquations Problem::evaluate(const Parameters& p, bool with_derivatives) const {
    NormalEquations result;
    const std::vector<ShadowProfile> shadows = profiles(p);
    std::array<double, max_parameters> j{};
    std::array<std::array<double, max_parameters>, max_parameters> h{};
    std::array<double, max_parameters> g{};
    const auto n = static_cast<std::size_t>(size_);
    for (const Pixel& pixel : pixels_) {
        std::array<ShadowProfile::Sample, max_joint_beads> shadow;
        std::array<double, max_joint_beads> dx{};
        std::array<double, max_joint_beads> dy{};
        std::array<double, max_joint_beads> rho{};
        double transmission = 1.0;
        for (std::size_t b = 0; b < beads_; ++b) {
            dx[b] = pixel.x - p.beads[b].center_px.x();
            dy[b] = pixel.y - p.beads[b].center_px.y();
            rho[b] = std::sqrt(dx[b] * dx[b] + dy[b] * dy[b]);
            shadow[b] = shadows[b].at(rho[b]);
            transmission *= 1.0 - shadow[b].value;
        }
        const Background m = monomials(pixel.x, pixel.y);
        const double background = p.background.dot(m);
        const double residual = pixel.grey - background * transmission;
        // A saturated pixel bounds the model from below only.
        if (pixel.saturated && residual <= 0.0) continue;
        result.cost += pixel.weight * residual * residual;
        if (!with_derivatives) continue;
        for (std::size_t k = 0; k < background_parameters; ++k)
            j[k] = transmission * m[static_cast<Eigen::Index>(k)];
        if (options_.fit_blur) j[blur_index] = 0.0;
        for (std::size_t b = 0; b < beads_; ++b) {
            double others = background;
            for (std::size_t c = 0; c < beads_; ++c)
                if (c != b) others *= 1.0 - shadow[c].value;
            const auto k = static_cast<std::size_t>(first_of_bead(b));
            // d rho / d centre = -(dx, dy) / rho; the shadow lowers the grey.
            const double slope = rho[b] > 1e-9 ? others * shadow[b].d_rho / rho[b] : 0.0;
            j[k] = slope * dx[b];
            j[k + 1] = slope * dy[b];
            j[k + 2] = -others * shadow[b].d_log_radius;
            j[k + 3] = -others * shadow[b].d_log_attenuation;
            if (options_.fit_blur) j[blur_index] -= others * shadow[b].d_log_blur;
        }
        for (std::size_t a = 0; a < n; ++a) {
            const double wj = pixel.weight * j[a];
            g[a] += wj * residual;
            for (std::size_t b = 0; b <= a; ++b)
                h[a][b] += wj * j[b];
        }
    }
    const auto prior = [&](int index, double value, double center, double sd) {
        const double pull = (std::log(value) - std::log(center)) / sd;
        result.cost += pull * pull;
        const auto k = static_cast<std::size_t>(index);
        h[k][k] += 1.0 / (sd * sd);
        g[k] -= pull / sd;
    };
    for (int k = 0; k < background_parameters; ++k) {
        const double inverse_sd = background_inverse_sd_[k];
        const double pull = (p.background[k] - (k == 0 ? background_scale_ : 0.0)) * inverse_sd;
        const auto i = static_cast<std::size_t>(k);
        result.cost += pull * pull;
        h[i][i] += inverse_sd * inverse_sd;
        g[i] -= pull * inverse_sd;
    }
    if (options_.fit_blur) prior(blur_index, p.blur, start_.blur, options_.prior_log_blur);
    for (std::size_t b = 0; b < beads_; ++b) {
        prior(first_of_bead(b) + 2, p.beads[b].radius_px,
              options_.prior_radius_px > 0.0 ? options_.prior_radius_px : start_.beads[b].radius_px,
              options_.prior_log_radius);
        prior(first_of_bead(b) + 3, p.beads[b].attenuation, start_.beads[b].attenuation,
              options_.prior_log_attenuation);
    }
    if (with_derivatives) {
        result.hessian.resize(size_, size_);
        result.gradient.resize(size_);
        for (int a = 0; a < size_; ++a) {
            const auto ia = static_cast<std::size_t>(a);
            result.gradient[a] = g[ia];
            for (int b = 0; b <= a; ++b)
                result.hessian(a, b) = result.hessian(b, a) = h[ia][static_cast<std::size_t>(b)];
        }
    }
    return result;
}

Parameters Problem::moved(const Parameters& p, const Vector& step) const {
    // A factor of e in one step is enough for any parameter, and keeps exp() in range.
    const auto factor = [](double s) { return std::exp(std::clamp(s, -1.0, 1.0)); };
    Parameters q = p;
    q.background += step.head<background_parameters>();
    if (options_.fit_blur) q.blur = std::max(min_blur_px, p.blur * factor(step[blur_index]));
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
    return p.blur < 8.0 * start_.blur && p.background[0] > 0.0;
}

bool Problem::minimize() {
    double damping = 1e-3;
    NormalEquations normal = evaluate(at_, true);
    for (int iteration = 0; iteration < options_.max_iterations; ++iteration) {
        Matrix damped = normal.hessian;
        damped.diagonal() *= 1.0 + damping;
        const Vector step = damped.ldlt().solve(normal.gradient);
        if (!step.allFinite()) return false;
        double center_step = 0.0;
        for (std::size_t b = 0; b < beads_; ++b)
            center_step = std::max(center_step, step.segment<2>(first_of_bead(b)).norm());
        const Parameters next = moved(at_, step);
        const bool possible = near_start(next);
        NormalEquations trial;
        if (possible) trial = evaluate(next, true);
        if (possible && trial.cost <= normal.cost) {
            const double gain = normal.cost - trial.cost;
            at_ = next;
            normal = std::move(trial);
            damping = std::max(1e-9, damping * 0.1);
            if (center_step < options_.tolerance_px && gain <= least_gain * normal.cost)
                return true;
        } else {
            // At the minimum, as near as the interpolated derivatives can tell.
            if (possible && center_step < options_.tolerance_px) return true;
            damping *= 10.0;
            if (damping > 1e7) return false;
        }
    }
    return false;
}

/// Covariances, contrast and the test of roundness at the solution.
void Problem::describe(BeadFit& fit) const {
    const NormalEquations normal = evaluate(at_, true);
    const int dof = std::max(1, free_pixels_ - size_);
    fit.chi2_per_dof = normal.cost / dof;
    const Matrix inverse = normal.hessian.ldlt().solve(Matrix::Identity(size_, size_));
    const std::vector<ShadowProfile> shadows = profiles(at_);

    struct Harmonic {  // normal equations of the two components of the ellipticity
        double cc = 0.0, cs = 0.0, ss = 0.0, c = 0.0, s = 0.0;
    };
    std::vector<Harmonic> harmonics(beads_);
    double square = 0.0;
    double noise = 0.0;
    for (const Pixel& pixel : pixels_) {
        double model = at_.background.dot(monomials(pixel.x, pixel.y));
        std::array<ShadowProfile::Sample, max_joint_beads> shadow;
        for (std::size_t b = 0; b < beads_; ++b) {
            const Eigen::Vector2d d = Eigen::Vector2d(pixel.x, pixel.y) - at_.beads[b].center_px;
            shadow[b] = shadows[b].at(d.norm());
            model *= 1.0 - shadow[b].value;
        }
        const double residual = pixel.grey - model;
        if (pixel.saturated) continue;
        square += residual * residual;
        noise += options_.noise.variance(model);
        for (std::size_t b = 0; b < beads_; ++b) {
            const Eigen::Vector2d d = Eigen::Vector2d(pixel.x, pixel.y) - at_.beads[b].center_px;
            const double rho = d.norm();
            if (rho < 1e-9 || shadow[b].d_rho == 0.0) continue;
            // Stretching by 1 + e along x and 1 - e along y moves a point by e (x, -y).
            const double slope = model / (1.0 - shadow[b].value) * shadow[b].d_rho / rho;
            const double c = slope * (d.x() * d.x() - d.y() * d.y());
            const double s = slope * 2.0 * d.x() * d.y();
            Harmonic& h = harmonics[b];
            h.cc += pixel.weight * c * c;
            h.cs += pixel.weight * c * s;
            h.ss += pixel.weight * s * s;
            h.c += pixel.weight * c * residual;
            h.s += pixel.weight * s * residual;
        }
    }
    fit.residual_rms = std::sqrt(square / std::max(1, free_pixels_));
    fit.expected_noise = std::sqrt(noise / std::max(1, free_pixels_));
    fit.background =
        at_.background.dot(monomials(at_.beads[0].center_px.x(), at_.beads[0].center_px.y()));
    fit.blur_px = at_.blur;
    fit.pixels = free_pixels_;
    fit.saturated_pixels = static_cast<int>(pixels_.size()) - free_pixels_;
    for (std::size_t b = 0; b < beads_; ++b) {
        const int k = first_of_bead(b);
        FittedBead bead;
        bead.shadow = at_.beads[b];
        bead.shadow.center_px += origin_;
        bead.covariance_px2 = fit.chi2_per_dof * inverse.block<2, 2>(k, k);
        bead.radius_sd_px =
            bead.shadow.radius_px * std::sqrt(fit.chi2_per_dof * inverse(k + 2, k + 2));
        bead.contrast = shadows[b].at(0.0).value;
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
        fit.converged = minimize();
        if (!fit.converged) break;
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
