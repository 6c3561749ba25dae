#include "triple_search.hpp"

#include "triangle_lanes.hpp"

#include <drr/core/order_statistics.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

namespace stereo {
namespace {

// The smallest distance within which some blob has half of all blobs.
double half_radius_px(const std::vector<Eigen::Vector2d>& blobs) {
    double smallest = std::numeric_limits<double>::infinity();
    for (const auto& a : blobs) {
        std::vector<double> distances;
        for (const auto& b : blobs)
            distances.push_back((a - b).norm());
        smallest = std::min(smallest, drr::median(std::move(distances)));
    }
    return smallest;
}

}  // namespace

struct TripleSearch::View {
    TurnedSights sights;
    Eigen::Matrix3f view_from_turned;
    Eigen::Matrix3f table_from_turned;  // of the test
};

struct TripleSearch::Found {
    std::size_t keep = 0;
    const RotationGate* gate = nullptr;
    std::vector<PoseProposal> heap;  // the worst on top

    static bool better(const PoseProposal& a, const PoseProposal& b) { return a.score > b.score; }
    [[nodiscard]] bool wants(double score) const {
        return heap.size() < keep || score > heap.front().score;
    }
    void add(PoseProposal proposal) {
        if (heap.size() == keep) {
            std::pop_heap(heap.begin(), heap.end(), better);
            heap.pop_back();
        }
        heap.push_back(std::move(proposal));
        std::push_heap(heap.begin(), heap.end(), better);
    }
};

bool RotationGate::admits(const Eigen::Matrix3f& rotation) const {
    return std::any_of(view_from_phantom.begin(), view_from_phantom.end(),
                       [&](const Eigen::Matrix3f& near) {
                           return 0.5F * (near.cwiseProduct(rotation).sum() - 1.0F) >= min_cosine;
                       });
}

TripleSearch::TripleSearch(const MarkerConstellation& constellation,
                           const std::vector<int>& first_beads, const BlobMap& map,
                           const NominalView& nominal, const IdentifyOptions& options)
    : map_(map), nominal_(nominal), options_(options), first_beads_(first_beads) {
    for (const auto& bead : constellation.beads_mm)
        beads_.push_back(bead.cast<float>());
    for (std::size_t start = 0; start < beads_.size(); start += lane_count)
        blocks_.push_back(in_lanes(beads_, start));
    double diameter_mm = 0.0;
    for (const auto& bead : beads_)
        for (const auto& block : blocks_) {
            Lanes d2 = (block.places.x - bead.x()).square() + (block.places.y - bead.y()).square() +
                       (block.places.z - bead.z()).square();
            d2.tail(lane_count - block.count).setZero();
            diameter_mm = std::max(diameter_mm, std::sqrt(1.0 * d2.maxCoeff()));
            distance2_.push_back(d2);
        }
    const double radius_px = half_radius_px(map.centers_px());
    bound_magnification(constellation, diameter_mm, radius_px);
    test_.emplace_back(beads_, diameter_mm, map, radius_px, nominal, options);
}

void TripleSearch::bound_magnification(const MarkerConstellation& constellation, double diameter_mm,
                                       double radius_px) {
    const double focal_px = std::max(nominal_.pinhole.fx_px, nominal_.pinhole.fy_px);
    // px per mm. Half of the blobs or more are the phantom's, so some blob sees half of them within
    // the phantom's diameter.
    double low = radius_px / diameter_mm;
    double high = options_.max_size_diagonals * std::hypot(nominal_.width_px, nominal_.height_px) /
                  diameter_mm;
    std::vector<double> radii_px;
    for (std::size_t i = 0; i < map_.size(); ++i)
        if (map_.radius_px(i) > 0.0) radii_px.push_back(map_.radius_px(i));
    if (!radii_px.empty() && !constellation.radii_mm.empty()) {
        // What may lie between the median radius and that of the marker that it belongs to.
        const double spread = std::exp(options_.gate_sd * options_.radius_log_sd);
        const auto [small, large] =
            std::minmax_element(constellation.radii_mm.begin(), constellation.radii_mm.end());
        low = std::max(low, drr::median(radii_px) / *large / spread);
        high = std::min(high, drr::median(radii_px) / *small * spread);
    }
    // From the phantom's middle to any of its beads.
    const double far = focal_px / low + 0.5 * diameter_mm;
    const double near = std::max(focal_px / high - 0.5 * diameter_mm, 0.1 * focal_px / high);
    min_inverse_depth2_ = static_cast<float>(1.0 / (far * far));
    max_inverse_depth2_ = static_cast<float>(1.0 / (near * near));
}

std::size_t TripleSearch::triples_of_beads() const {
    return first_beads_.size() * (beads_.size() - 1) * (beads_.size() - 2);
}

void TripleSearch::add_poses(const View& view, std::size_t first, std::size_t second,
                             std::size_t block, Found& found) const {
    const BeadLanes& third = blocks_[block];
    TriangleLanes triangles(
        (beads_[first] - beads_[second]).squaredNorm(), distance2_[first * blocks_.size() + block],
        distance2_[second * blocks_.size() + block], min_inverse_depth2_, max_inverse_depth2_);
    triangles.solve(view.sights);
    if (triangles.room().maxCoeff() < 0.0F) return;
    const Eigen::Vector3f& start = beads_[first];
    const Eigen::Vector3f side12 = beads_[second] - start;
    const PointLanes side13{third.places.x - start.x(), third.places.y - start.y(),
                            third.places.z - start.z()};
    for (const float sign : {1.0F, -1.0F}) {
        TriangleLanes perspective = triangles;
        perspective.iterate(view.sights, sign);
        const Lanes room = perspective.room();
        const AffineLanes turned_from_phantom =
            perspective.pose(view.sights, side12, side13, start);
        const AffineLanes table_from_phantom = view.table_from_turned * turned_from_phantom;
        const SequentialTest& test = test_[0];
        const Lanes looks = test.first_look(table_from_phantom);
        for (int lane = 0; lane < third.count; ++lane) {
            if (!(room[lane] >= 0.0F) || looks[lane] < SequentialTest::reject_below) continue;
            const float score = test.score(table_from_phantom, lane, looks[lane]);
            if (score <= SequentialTest::reject_below || !found.wants(score)) continue;
            const Eigen::Matrix3f rotation =
                view.view_from_turned * turned_from_phantom.linear(lane);
            if (found.gate != nullptr && !found.gate->admits(rotation)) continue;
            const Eigen::Vector3f shift =
                view.view_from_turned * turned_from_phantom.shift_of(lane);
            found.add({{rotation.cast<double>().eval(), shift.cast<double>()},
                       {static_cast<int>(first), static_cast<int>(second),
                        static_cast<int>(block) * lane_count + lane},
                       score});
        }
    }
}

std::vector<PoseProposal> TripleSearch::poses_through(const std::array<int, 3>& blobs,
                                                      std::size_t keep,
                                                      const RotationGate* gate) const {
    const auto ray = [&](int blob) {
        return nominal_.pinhole.ray(map_.centers_px()[static_cast<std::size_t>(blob)]);
    };
    const Eigen::Matrix3d turned_from_view =
        Eigen::Quaterniond::FromTwoVectors(ray(blobs[0]), Eigen::Vector3d::UnitZ())
            .toRotationMatrix();
    View view;
    view.sights.second = (turned_from_view * ray(blobs[1])).hnormalized().cast<float>();
    view.sights.third = (turned_from_view * ray(blobs[2])).hnormalized().cast<float>();
    view.view_from_turned = turned_from_view.transpose().cast<float>();
    view.table_from_turned = test_[0].table_from_view() * view.view_from_turned;
    Found found{keep, gate, {}};
    for (const int first : first_beads_)
        for (std::size_t second = 0; second < beads_.size(); ++second) {
            // Beads nearer to each other than their images say.
            const float d12 =
                (beads_[static_cast<std::size_t>(first)] - beads_[second]).squaredNorm();
            if (d12 * max_inverse_depth2_ < view.sights.second.squaredNorm() ||
                second == static_cast<std::size_t>(first))
                continue;
            for (std::size_t block = 0; block < blocks_.size(); ++block)
                add_poses(view, static_cast<std::size_t>(first), second, block, found);
        }
    std::stable_sort(found.heap.begin(), found.heap.end(), Found::better);
    return std::move(found.heap);
}

}  // namespace stereo
