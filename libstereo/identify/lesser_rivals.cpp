#include "lesser_rivals.hpp"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <optional>

namespace stereo {
namespace {

struct Named {
    std::size_t blob = 0;
    std::size_t bead = 0;
};

class LesserRivals {
  public:
    LesserRivals(std::span<const ViewProblem> views, std::span<const double> clutter_per_px2,
                 const PriorKnowledge& knowledge, const JointNaming& naming, std::size_t in_view)
        : views_(views),
          clutter_per_px2_(clutter_per_px2),
          knowledge_(knowledge),
          naming_(naming),
          in_view_(in_view),
          view_(views[in_view]) {
        const std::size_t from = in_view == 0 ? 1 : 0;
        const ViewPose& other = naming.of_view[from]->fit.pose;
        const auto& relations = knowledge.rig.mean.view_from_first;
        rotation_ = relations[in_view].rotation * relations[from].rotation.conjugate() *
                    other.view_from_phantom.rotation;
        for (std::size_t bead = 0; bead < view_.bead_count(); ++bead)
            turned_mm_.push_back(rotation_ * view_.markers_mm[bead]);
        middle_mm_ = centroid_of(view_.constellation.beads_mm);
        depth_mm_ = (other.view_from_phantom * middle_mm_).z();
    }

    double weight(double enough) {
        for (std::size_t a = 0; a < view_.map.size(); ++a)
            for (std::size_t b = 0; b < a; ++b)
                for (std::size_t i = 0; i < turned_mm_.size(); ++i)
                    for (std::size_t j = 0; j < turned_mm_.size(); ++j) {
                        if (i == j) continue;
                        add_with_thirds({{a, i}, {b, j}});
                        if (sum_ > enough) return sum_;
                    }
        return sum_;
    }

  private:
    // The views' turn is known to a few degrees: what is farther off than so many gates then, a
    // fit does not bring nearer.
    static constexpr double gates = 3.0;

    [[nodiscard]] double gate_mm(double depth_mm) const {
        const auto& options = view_.options;
        return gates * options.gate_sd *
               std::hypot(options.as_built_sd_mm,
                          options.blob_sd_px * depth_mm / view_.nominal.pinhole.fx_px);
    }

    // Of a bead, seen from a place, to the ray of a blob, across the beam.
    [[nodiscard]] Eigen::Vector2d off_ray_mm(const Named& named,
                                             const Eigen::Vector3d& translation_mm) const {
        const Eigen::Vector3d bead = turned_mm_[named.bead] + translation_mm;
        return bead.head<2>() - ray(named.blob) * bead.z();
    }
    [[nodiscard]] Eigen::Vector2d ray(std::size_t blob) const {
        const drr::Pinhole& lens = view_.nominal.pinhole;
        const Eigen::Vector2d& at = view_.map.centers_px()[blob];
        return {(at.x() - lens.cx_px) / lens.fx_px, (at.y() - lens.cy_px) / lens.fy_px};
    }

    // That brings the beads onto the rays of their blobs, by least squares across the rays.
    [[nodiscard]] std::optional<Eigen::Vector3d> translation_of(
        const std::vector<Named>& names) const {
        Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
        Eigen::Vector3d pull = Eigen::Vector3d::Zero();
        for (const Named& named : names) {
            Eigen::Matrix<double, 2, 3> across;
            across << Eigen::Matrix2d::Identity(), -ray(named.blob);
            normal += across.transpose() * across;
            pull -= across.transpose() * off_ray_mm(named, Eigen::Vector3d::Zero());
        }
        const Eigen::Vector3d translation = normal.ldlt().solve(pull);
        constexpr double most_nearer = 1.5;
        const double ratio = (rotation_ * middle_mm_ + translation).z() / depth_mm_;
        if (!(ratio < most_nearer && ratio > 1.0 / most_nearer)) return std::nullopt;
        if (std::any_of(names.begin(), names.end(), [&](const Named& named) {
                return off_ray_mm(named, translation).norm() > gate_mm(translation.z());
            }))
            return std::nullopt;
        return translation;
    }

    [[nodiscard]] bool is_named(const Named& named) const {
        return naming_.marker_of_blob[in_view_][named.blob] == static_cast<int>(named.bead);
    }

    void add_with_thirds(const std::vector<Named>& pair) {
        const int shared = int{is_named(pair[0])} + int{is_named(pair[1])};
        if (shared > 1) return;
        const auto translation = translation_of(pair);
        if (!translation) return;
        add(pair, *translation);
        for (std::size_t blob = 0; blob < pair[1].blob; ++blob)
            for (std::size_t bead = 0; bead < turned_mm_.size(); ++bead) {
                const Named third{blob, bead};
                if (bead == pair[0].bead || bead == pair[1].bead ||
                    shared + int{is_named(third)} > 1)
                    continue;
                const std::vector<Named> triple{pair[0], pair[1], third};
                if (const auto of_three = translation_of(triple)) add(triple, *of_three);
            }
    }

    void add(const std::vector<Named>& names, const Eigen::Vector3d& translation_mm) {
        const Naming in_this = naming_of(names, translation_mm);
        std::vector<const Naming*> of_view = naming_.of_view;
        of_view[in_view_] = &in_this;
        const JointNaming joint = join_from_views(views_, clutter_per_px2_, of_view, knowledge_);
        const auto& left = joint.marker_of_blob[in_view_];
        if (std::isfinite(joint.log_likelihood) &&
            std::all_of(names.begin(), names.end(),
                        [&](const Named& named) { return left[named.blob] >= 0; }))
            sum_ += std::exp(joint.log_likelihood - naming_.log_likelihood);
    }

    [[nodiscard]] Naming naming_of(const std::vector<Named>& names,
                                   const Eigen::Vector3d& translation_mm) const {
        Naming naming;
        naming.fit.pose.view_from_phantom = {rotation_, translation_mm};
        naming.marker_of_blob.assign(view_.map.size(), -1);
        naming.doubtful.assign(view_.map.size(), false);
        for (const Named& named : names)
            naming.marker_of_blob[named.blob] = static_cast<int>(named.bead);
        naming.beads_found = static_cast<int>(names.size());
        naming.as_built_sd_mm = naming_.of_view[in_view_]->as_built_sd_mm;
        // All other markers missing, though some may be outside the image.
        const double rate = view_.options.detection_rate;
        const auto found = static_cast<double>(names.size());
        naming.log_detections =
            found * std::log(rate) +
            (static_cast<double>(view_.markers_mm.size()) - found) * std::log1p(-rate);
        return naming;
    }

    std::span<const ViewProblem> views_;
    std::span<const double> clutter_per_px2_;
    const PriorKnowledge& knowledge_;
    const JointNaming& naming_;
    std::size_t in_view_;
    const ViewProblem& view_;
    Eigen::Quaterniond rotation_;  // view from phantom, as the other view and the nominal turn say
    std::vector<Eigen::Vector3d> turned_mm_;
    Eigen::Vector3d middle_mm_;
    double depth_mm_ = 0.0;
    double sum_ = 0.0;
};

}  // namespace

double weight_of_lesser_rivals(std::span<const ViewProblem> views,
                               std::span<const double> clutter_per_px2,
                               const PriorKnowledge& knowledge, const JointNaming& naming,
                               std::size_t in_view, double enough) {
    return LesserRivals(views, clutter_per_px2, knowledge, naming, in_view).weight(enough);
}

}  // namespace stereo
