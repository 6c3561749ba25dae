// Why cluster C of the wrist repeats worse than A and B (docs/tracking.md): prints the tables of
// that page.
#include "wrist_data.hpp"

#include <stereo/recon/calibration_error.hpp>
#include <stereo/recon/epipolar.hpp>
#include <stereo/recon/epipolar_pairs.hpp>
#include <stereo/recon/triangulate.hpp>

#include <Eigen/Dense>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <unsupported/Eigen/LevenbergMarquardt>
#include <unsupported/Eigen/NumericalDiff>
#include <vector>

using namespace stereo;

namespace {

using Points = std::vector<Eigen::Vector3d>;

/// A bead's pixels in both poses: [pose][view].
using BeadPixels = std::array<std::array<MeasuredPixel, 2>, 2>;

/// The detector's pixels of each cluster by the plain detector's names.
std::map<char, std::vector<BeadPixels>> clusters() {
    constexpr double same_bead_px = 1.5;  // as in test_wrist_track
    const auto frames = wrist::detections();
    std::map<char, std::vector<BeadPixels>> result;
    for (const wrist::Bead& bead : wrist::reference_beads()) {
        BeadPixels pixels;
        int found = 0;
        for (std::size_t pose = 0; pose < 2; ++pose)
            for (std::size_t view = 0; view < 2; ++view)
                for (const MeasuredPixel& seen : frames[pose][view])
                    if ((seen.pixel - bead.pixel[pose][view]).norm() < same_bead_px) {
                        pixels[pose][view] = seen;
                        ++found;
                    }
        if (found != 4) {
            fmt::print("{}: {} of 4 sightings\n", bead.name, found);
            continue;
        }
        result[bead.name[0]].push_back(pixels);
    }
    return result;
}

Points points_of(const std::vector<BeadPixels>& beads, std::size_t pose) {
    const auto views = wrist::views();
    Points points;
    for (const BeadPixels& bead : beads)
        points.push_back(triangulate(views, bead[pose]).point_in_world_mm);
    return points;
}

/// RMS of what the best rigid motion leaves between two sets, over their points (Umeyama 1991).
double rigid_rms_mm(const Points& from, const Points& to) {
    Eigen::Matrix3Xd a(3, from.size()), b(3, to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        a.col(static_cast<Eigen::Index>(i)) = from[i];
        b.col(static_cast<Eigen::Index>(i)) = to[i];
    }
    const Eigen::Matrix4d motion = Eigen::umeyama(a, b, false);
    const Eigen::Matrix3Xd left =
        (motion.topLeftCorner<3, 3>() * a).colwise() + motion.topRightCorner<3, 1>() - b;
    return std::sqrt(left.squaredNorm() / static_cast<double>(from.size()));
}

/// RMS change of the distances between all points of two sets.
double change_rms_mm(const Points& from, const Points& to) {
    double squares = 0.0, pairs = 0.0;
    for (std::size_t i = 0; i < from.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            squares += std::pow((to[i] - to[j]).norm() - (from[i] - from[j]).norm(), 2);
            pairs += 1.0;
        }
    return std::sqrt(squares / pairs);
}

Points without(Points points, std::size_t bead) {
    points.erase(points.begin() + static_cast<std::ptrdiff_t>(bead));
    return points;
}

/// What an explanation changes of a rigid body seen by calibrated views: the point before it is
/// projected and the pixel after, by parameters that are zero without it.
struct Explanation {
    std::string name;
    int parameters = 0;
    std::function<void(std::size_t pose, std::size_t view, std::size_t bead,
                       const Eigen::VectorXd& parameters, Eigen::Vector3d& point_mm)>
        move = [](auto...) {};
    std::function<void(std::size_t pose, std::size_t view, const Eigen::VectorXd& parameters,
                       Eigen::Vector2d& pixel)>
        shift = [](auto...) {};
};

/// Reprojection residuals of one cluster over its detections' standard deviations. Unknowns: the
/// points in pose 0002, the motion to pose 0158 (about their centroid), the explanation's.
struct Reprojection : Eigen::DenseFunctor<double> {
    Reprojection(const std::vector<BeadPixels>& beads, const Explanation& explanation)
        : DenseFunctor<double>(static_cast<int>(3 * beads.size()) + 6 + explanation.parameters,
                               static_cast<int>(8 * beads.size())),
          beads_(beads),
          explanation_(explanation),
          views_(wrist::views()),
          start_(points_of(beads, 0)) {
        const Points to = points_of(beads, 1);
        Eigen::Matrix3Xd a(3, start_.size()), b(3, to.size());
        for (std::size_t i = 0; i < to.size(); ++i) {
            a.col(static_cast<Eigen::Index>(i)) = start_[i];
            b.col(static_cast<Eigen::Index>(i)) = to[i];
        }
        const Eigen::Matrix4d motion = Eigen::umeyama(a, b, false);
        motion_ = drr::Rigid3(Eigen::Matrix3d(motion.topLeftCorner<3, 3>()),
                              motion.topRightCorner<3, 1>());
        centroid_ = b.rowwise().mean();
    }

    int operator()(const Eigen::VectorXd& x, Eigen::VectorXd& residuals) const {
        const auto n = static_cast<Eigen::Index>(beads_.size());
        const Eigen::VectorXd extra = x.tail(explanation_.parameters);
        const Eigen::Quaterniond turn = drr::rotation_from_vector(x.segment<3>(3 * n));
        Eigen::Index row = 0;
        for (std::size_t k = 0; k < beads_.size(); ++k)
            for (std::size_t pose = 0; pose < 2; ++pose)
                for (std::size_t view = 0; view < 2; ++view) {
                    Eigen::Vector3d point =
                        start_[k] + x.segment<3>(3 * static_cast<Eigen::Index>(k));
                    if (pose == 1)
                        point = turn * (motion_ * point - centroid_) + centroid_ +
                                x.segment<3>(3 * n + 3);
                    explanation_.move(pose, view, k, extra, point);
                    Eigen::Vector2d pixel = views_[view].project(point);
                    explanation_.shift(pose, view, extra, pixel);
                    const MeasuredPixel& seen = beads_[k][pose][view];
                    residuals.segment<2>(row) =
                        seen.covariance_px2.llt().matrixL().solve(pixel - seen.pixel);
                    row += 2;
                }
        return 0;
    }

  private:
    const std::vector<BeadPixels>& beads_;
    const Explanation& explanation_;
    std::array<drr::CalibratedView, 2> views_;
    Points start_;
    drr::Rigid3 motion_;
    Eigen::Vector3d centroid_;
};

struct Explained {
    double chi2 = 0.0;
    int freedom = 0;
    Eigen::VectorXd parameters;
    [[nodiscard]] double per_freedom() const { return chi2 / freedom; }
};

Explained explain(const std::vector<BeadPixels>& beads, const Explanation& explanation) {
    Eigen::NumericalDiff<Reprojection, Eigen::Central> residuals(Reprojection(beads, explanation));
    Eigen::LevenbergMarquardt<decltype(residuals)> fit(residuals);
    Eigen::VectorXd x = Eigen::VectorXd::Zero(residuals.inputs());
    fit.minimize(x);
    return {fit.fnorm() * fit.fnorm(), residuals.values() - residuals.inputs(),
            x.tail(explanation.parameters)};
}

/// In pose 0158 camera `view` sees the body elsewhere than the other camera does: by a shift, and
/// by a turn (about the world's axes through `centre`) too.
Explanation delay(std::size_t view, bool turns, const Eigen::Vector3d& centre) {
    return {fmt::format("camera {} sees the body {} elsewhere", view + 1,
                        turns ? "moved and turned" : "moved"),
            turns ? 6 : 3,
            [=](std::size_t pose, std::size_t v, std::size_t, const Eigen::VectorXd& p,
                Eigen::Vector3d& point) {
                if (pose != 1 || v != view) return;
                if (turns)
                    point = drr::rotation_from_vector(p.tail<3>()) * (point - centre) + centre;
                point += p.head<3>();
            }};
}

/// In pose 0158 camera `view` has its pixels off, by the same everywhere or linear over the image.
Explanation offset(std::size_t view, bool linear, const Eigen::Vector2d& centre) {
    Explanation result;
    result.name = fmt::format("camera {}'s pixels off, {}", view + 1,
                              linear ? "linear over the image" : "constant");
    result.parameters = linear ? 6 : 2;
    result.shift = [=](std::size_t pose, std::size_t v, const Eigen::VectorXd& p,
                       Eigen::Vector2d& pixel) {
        if (pose != 1 || v != view) return;
        constexpr double unit_px = 100.0;  // of the linear terms
        const Eigen::Vector2d place = (pixel - centre) / unit_px;
        pixel += p.head<2>();
        if (linear) pixel += place.x() * p.segment<2>(2) + place.y() * p.segment<2>(4);
    };
    return result;
}

/// The beads of `apart` (a bit each) move on their own between the poses.
Explanation split(unsigned apart, int parameters, const Points& at) {
    Eigen::Vector3d centre = Eigen::Vector3d::Zero();
    std::string name = "apart:";
    double count = 0.0;
    for (std::size_t k = 0; k < at.size(); ++k)
        if ((apart >> k) & 1U) {
            centre += at[k];
            count += 1.0;
            name += fmt::format(" {}", k + 1);
        }
    centre /= count;
    return {name, parameters,
            [=](std::size_t pose, std::size_t, std::size_t bead, const Eigen::VectorXd& p,
                Eigen::Vector3d& point) {
                if (pose != 1 || !((apart >> bead) & 1U)) return;
                if (p.size() > 3)  // two beads: a turn about their line changes nothing
                    point = drr::rotation_from_vector(Eigen::Vector3d(p.tail(p.size() - 3).x(),
                                                                      p.tail(p.size() - 3).y(),
                                                                      p.size() > 5 ? p[5] : 0.0)) *
                                (point - centre) +
                            centre;
                point += p.head<3>();
            }};
}

}  // namespace

BOOST_AUTO_TEST_CASE(clusters_repeat_their_distances) {
    const auto views = wrist::views();
    const Eigen::Matrix3d f = fundamental_from_views(views[0], views[1]);
    std::map<char, double> rms;
    for (const auto& [name, beads] : clusters()) {
        const Points a = points_of(beads, 0), b = points_of(beads, 1);
        rms[name] = rigid_rms_mm(a, b);
        double least = 1e9, most = 0.0;
        for (std::size_t k = 0; k < a.size(); ++k) {
            const double left = rigid_rms_mm(without(a, k), without(b, k));
            least = std::min(least, left);
            most = std::max(most, left);
        }
        double seen = 0.0, expected = 0.0, pairs = 0.0;
        for (std::size_t i = 0; i < a.size(); ++i)
            for (std::size_t j = 0; j < i; ++j) {
                seen += std::pow((b[i] - b[j]).norm() - (a[i] - a[j]).norm(), 2);
                for (std::size_t pose = 0; pose < 2; ++pose) {
                    const Points& p = pose == 0 ? a : b;
                    const Eigen::Vector3d line = (p[i] - p[j]).normalized();
                    for (const std::size_t k : {i, j})
                        expected +=
                            line.dot(triangulate(views, beads[k][pose]).covariance_mm2 * line);
                }
                pairs += 1.0;
            }
        fmt::print(
            "{}: {} beads, moves by {:.0f} mm; rigid fit leaves {:.3f} mm RMS, without one "
            "bead {:.3f} to {:.3f}; distances change by {:.3f} mm RMS, {:.3f} expected\n",
            name, beads.size(), (b[0] - a[0]).norm(), rms[name], least, most,
            std::sqrt(seen / pairs), std::sqrt(expected / pairs));
        for (std::size_t pose = 0; pose < 2; ++pose) {
            Eigen::VectorXd off(static_cast<Eigen::Index>(beads.size()));
            for (std::size_t k = 0; k < beads.size(); ++k)
                off[static_cast<Eigen::Index>(k)] =
                    sampson_distance_px(f, beads[k][pose][0].pixel, beads[k][pose][1].pixel);
            const double mean = off.mean();
            fmt::print("   pose {}: Sampson distances {:+.3f} px, scatter {:.3f}\n",
                       wrist::poses[pose], mean,
                       std::sqrt((off.array() - mean).square().sum() /
                                 static_cast<double>(off.size() - 1)));
        }
    }
    BOOST_TEST(rms['C'] > 1.5 * rms['A']);
    BOOST_TEST(rms['C'] > 1.5 * rms['B']);
}

// With the model of the calibration's errors neighbours share what their epipolar lines miss them
// by, and C's distances repeat as they do where all pixels are weighed alike.
BOOST_AUTO_TEST_CASE(distances_repeat_with_the_calibrations_errors_shared) {
    const auto views = wrist::views();
    const auto by_name = clusters();
    std::vector<PixelPair> pairs;
    for (const auto& [name, beads] : by_name)
        for (const BeadPixels& bead : beads)
            pairs.insert(pairs.end(), bead.begin(), bead.end());
    const CalibrationError error(views, pairs);
    std::map<char, double> alone_mm, shared_mm, alike_mm;
    for (const auto& [name, beads] : by_name) {
        std::array<Points, 2> alone, shared, alike;
        for (const BeadPixels& bead : beads)
            for (std::size_t pose = 0; pose < 2; ++pose) {
                const Eigen::Vector3d point = triangulate(views, bead[pose]).point_in_world_mm;
                alone[pose].push_back(point);
                shared[pose].push_back(
                    triangulate(views, error.corrected(bead[pose], point)).point_in_world_mm);
                alike[pose].push_back(
                    triangulate(views, bead[pose], {TriangulationMethod::midpoint})
                        .point_in_world_mm);
            }
        alone_mm[name] = change_rms_mm(alone[0], alone[1]);
        shared_mm[name] = change_rms_mm(shared[0], shared[1]);
        alike_mm[name] = change_rms_mm(alike[0], alike[1]);
        fmt::print(
            "{}: distances change by {:.3f} mm RMS, with errors shared {:.3f}, pixels "
            "weighed alike {:.3f}\n",
            name, alone_mm[name], shared_mm[name], alike_mm[name]);
        // A tenth is what two ways to weigh the same detections may differ by.
        BOOST_TEST(shared_mm[name] < 1.1 * alike_mm[name]);
    }
    BOOST_TEST(shared_mm['C'] < 0.9 * alone_mm['C']);
}

BOOST_AUTO_TEST_CASE(explanations_of_what_does_not_repeat) {
    std::map<char, std::map<std::string, Explained>> all;
    for (const auto& [name, beads] : clusters()) {
        const Points at = points_of(beads, 1);
        Eigen::Vector3d centre = Eigen::Vector3d::Zero();
        for (const Eigen::Vector3d& point : at)
            centre += point / static_cast<double>(at.size());
        std::vector<Explanation> candidates = {{"rigid", 0}};
        for (const std::size_t view : {0U, 1U}) {
            candidates.push_back(delay(view, false, centre));
            candidates.push_back(delay(view, true, centre));
            const Eigen::Vector2d middle = wrist::views()[view].project(centre);
            candidates.push_back(offset(view, false, middle));
            candidates.push_back(offset(view, true, middle));
        }
        for (const Explanation& candidate : candidates)
            all[name][candidate.name] = explain(beads, candidate);
        // All splits into one bead or two against the rest: the best of each.
        for (const int size : {1, 2}) {
            Explained best;
            std::string which;
            for (unsigned apart = 1; apart < (1U << beads.size()); ++apart) {
                if (__builtin_popcount(apart) != size) continue;
                const Explanation one = split(apart, size == 1 ? 3 : 5, at);
                const Explained result = explain(beads, one);
                if (!which.empty() && result.chi2 >= best.chi2) continue;
                best = result;
                which = one.name;
            }
            all[name][fmt::format("{} bead(s) apart", size)] = best;
            fmt::print("{}: best split, {}\n", name, which);
        }
        for (const auto& [what, result] : all[name]) {
            std::string parameters;
            for (const double value : result.parameters)
                parameters += fmt::format(" {:.3f}", value);
            fmt::print("{} | {:<44} | chi2 {:>8.1f} | dof {:>2} | {:>6.1f} |{}\n", name, what,
                       result.chi2, result.freedom, result.per_freedom(), parameters);
        }
    }
    // No bead, nor any two, that moved on their own explain C as well as pixels of camera 2 that
    // are off in pose 0158 do.
    const auto& c = all['C'];
    const double pixels = c.at("camera 2's pixels off, linear over the image").per_freedom();
    BOOST_TEST(pixels < 0.7 * c.at("1 bead(s) apart").per_freedom());
    BOOST_TEST(pixels < 0.7 * c.at("2 bead(s) apart").per_freedom());
    // Those bring it to what is left of A and B, moved beads do not.
    const double others =
        std::max(all['A'].at("rigid").per_freedom(), all['B'].at("rigid").per_freedom());
    BOOST_TEST(pixels < others);
    BOOST_TEST(c.at("1 bead(s) apart").per_freedom() > others);
    BOOST_TEST(c.at("2 bead(s) apart").per_freedom() > others);
}
