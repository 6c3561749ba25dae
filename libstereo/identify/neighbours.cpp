#include "neighbours.hpp"

#include "cholesky.hpp"

#include <drr/geometry/decompositions.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace stereo {
namespace {

// Of what other views may show, against the naming: far below the bound on a name's error.
constexpr double negligible = 1e-7;

// An image of a marker, seen or only predicted.
struct Image {
    std::size_t marker = 0;
    std::size_t view = 0;
    Eigen::Vector2d off_px = Eigen::Vector2d::Zero();  // seen minus predicted
    double sd_px = 0.0;                                // of the blob, 0 without one
    MarkerImage predicted;
};

Eigen::VectorXd offs(std::span<const Image> images) {
    Eigen::VectorXd result(2 * static_cast<Eigen::Index>(images.size()));
    for (std::size_t i = 0; i < images.size(); ++i)
        result.segment<2>(static_cast<Eigen::Index>(2 * i)) = images[i].off_px;
    return result;
}

Eigen::MatrixXd jacobian(std::span<const Image> images, Eigen::Index parameters) {
    Eigen::MatrixXd result(2 * static_cast<Eigen::Index>(images.size()), parameters);
    for (std::size_t i = 0; i < images.size(); ++i)
        result.middleRows<2>(static_cast<Eigen::Index>(2 * i)) = images[i].predicted.jacobian;
    return result;
}

// Of the markers' places, the same in all images of one, and of the blobs.
Eigen::MatrixXd spread(std::span<const Image> images, std::span<const MarkerPlace> places) {
    const auto rows = 2 * static_cast<Eigen::Index>(images.size());
    Eigen::MatrixXd result = Eigen::MatrixXd::Zero(rows, rows);
    for (std::size_t i = 0; i < images.size(); ++i)
        for (std::size_t j = 0; j < images.size(); ++j) {
            if (images[i].marker != images[j].marker) continue;
            Eigen::Matrix2d common = images[i].predicted.px_per_mm *
                                     places[images[i].marker].covariance_mm2 *
                                     images[j].predicted.px_per_mm.transpose();
            if (i == j) common.diagonal().array() += images[i].sd_px * images[i].sd_px;
            result.block<2, 2>(static_cast<Eigen::Index>(2 * i), static_cast<Eigen::Index>(2 * j)) =
                common;
        }
    return result;
}

// Of the two coordinates of one shadow, then of another's.
struct PairPlaces {
    Eigen::Vector4d mean_px;
    Eigen::Matrix4d covariance;
};

// Where the shadows of the first two images' markers lie, as the fit without these markers says and
// `seen`, their sightings in other views. `pulling`: all their sightings in the fit.
PairPlaces places_of_pair(std::vector<Image> images, const std::vector<Image>& seen,
                          const std::vector<Image>& pulling, const Eigen::MatrixXd& fit_covariance,
                          std::span<const MarkerPlace> places) {
    const Eigen::Index parameters = fit_covariance.rows();
    const ReducedFit others = fit_without(fit_covariance, offs(pulling),
                                          jacobian(pulling, parameters), spread(pulling, places));

    images.insert(images.end(), seen.begin(), seen.end());
    const Eigen::MatrixXd of_images = jacobian(images, parameters);
    const Eigen::VectorXd off = offs(images) - of_images * others.shift;
    const Eigen::MatrixXd all =
        spread(images, places) + of_images * others.covariance * of_images.transpose();
    PairPlaces result;
    result.mean_px << images[0].predicted.pixel, images[1].predicted.pixel;
    result.mean_px -= off.head<4>();
    result.covariance = all.topLeftCorner<4, 4>();
    const Eigen::Index rows = off.size() - 4;
    if (rows == 0) return result;
    const Eigen::MatrixXd across = all.bottomLeftCorner(rows, 4);
    const Eigen::MatrixXd gain =
        drr::solve_symmetric(all.bottomRightCorner(rows, rows), across).transpose();
    result.mean_px += gain * off.tail(rows);
    result.covariance -= gain * across;
    return result;
}

// Density of a blob midway between two shadows that lie within a distance of each other.
double merged_density(const PairPlaces& pair, const Eigen::Vector2d& blob_px, double sd_px,
                      double within_px) {
    Eigen::Matrix4d to_middle_and_apart = Eigen::Matrix4d::Zero();
    to_middle_and_apart << 0.5 * Eigen::Matrix2d::Identity(), 0.5 * Eigen::Matrix2d::Identity(),
        Eigen::Matrix2d::Identity(), -Eigen::Matrix2d::Identity();
    const Eigen::Vector4d mean = to_middle_and_apart * pair.mean_px;
    const Eigen::Matrix4d covariance =
        to_middle_and_apart * pair.covariance * to_middle_and_apart.transpose();
    const Eigen::Matrix2d of_middle =
        covariance.topLeftCorner<2, 2>() + sd_px * sd_px * Eigen::Matrix2d::Identity();
    const Eigen::Vector2d off = blob_px - mean.head<2>();
    const Eigen::Matrix2d gain = covariance.bottomLeftCorner<2, 2>() * of_middle.inverse();
    const Eigen::Vector2d apart = mean.tail<2>() + gain * off;
    const Eigen::Matrix2d left =
        covariance.bottomRightCorner<2, 2>() - gain * covariance.topRightCorner<2, 2>();
    // Along the line through both: across it they are off by little, where they are far apart.
    const double distance = apart.norm();
    const double distance_sd =
        std::sqrt(std::max(apart.dot(left * apart) / std::max(distance * distance, 1e-12), 1e-12));
    const double near =
        0.5 * std::erfc((distance - within_px) / (distance_sd * std::numbers::sqrt2));
    return near * std::exp(log_normal(off, of_middle));
}

double density(const Eigen::Vector2d& off, Eigen::Matrix2d covariance, double sd_px) {
    covariance.diagonal().array() += sd_px * sd_px;
    return std::exp(log_normal(off, covariance));
}

// How likely it is that a blob shows the marker of its name alone, and anything else.
struct Odds {
    double right = 0.0;
    double wrong = 0.0;
};

// Of a blob with the name of the first marker of a pair.
Odds odds(const PairPlaces& pair, const Eigen::Vector2d& blob_px,
          const Eigen::Vector2d* of_other_px, double clutter_per_px2,
          const IdentifyOptions& options) {
    const double rate = options.detection_rate;
    const double sd_px = options.blob_sd_px;
    const Eigen::Vector2d first = pair.mean_px.head<2>();
    const Eigen::Vector2d second = pair.mean_px.tail<2>();
    const Eigen::Matrix2d of_first = pair.covariance.topLeftCorner<2, 2>();
    const Eigen::Matrix2d of_second = pair.covariance.bottomRightCorner<2, 2>();
    const double merged = rate * rate * merged_density(pair, blob_px, sd_px, options.ambiguity_px);
    const double only_second = (1.0 - rate) * rate * density(blob_px - second, of_second, sd_px);
    if (of_other_px == nullptr)
        return {rate * (1.0 - rate) * density(blob_px - first, of_first, sd_px),
                only_second + merged};
    const auto both = [&](const Eigen::Vector2d& a, const Eigen::Vector2d& b) {
        Eigen::Vector4d off;
        off << a - first, b - second;
        Eigen::Matrix4d covariance = pair.covariance;
        covariance.diagonal().array() += sd_px * sd_px;
        return rate * rate * std::exp(log_normal(off, covariance));
    };
    return {both(blob_px, *of_other_px),
            both(*of_other_px, blob_px) + clutter_per_px2 * (only_second + merged)};
}

class Neighbours {
  public:
    Neighbours(std::span<const ViewProblem> views, const JointNaming& naming,
               std::span<const MarkerPlace> places)
        : views_(views), naming_(naming), places_(places), sightings_(places.size()) {
        for (const auto& block : naming.fit.blocks)
            for (std::size_t s = 0; s < block.sightings.size(); ++s) {
                const Sighting& sighting = block.sightings[s];
                const auto row = static_cast<Eigen::Index>(2 * s);
                sightings_[sighting.marker].push_back(
                    {sighting.marker,
                     sighting.view,
                     block.residual_px.segment<2>(row),
                     sighting.sd_px,
                     {sighting.pixel - block.residual_px.segment<2>(row),
                      block.px_per_mm.middleRows<2>(row), block.jacobian.middleRows<2>(row)}});
            }
    }

    void add_errors(std::size_t v, std::vector<NameError>& errors) const {
        const ViewProblem& view = views_[v];
        const double clutter = false_blobs_per_px2(view, *naming_.of_view[v]);
        const auto& names = naming_.marker_of_blob[v];
        std::vector<const Eigen::Vector2d*> blob_of(places_.size(), nullptr);
        for (std::size_t blob = 0; blob < names.size(); ++blob)
            if (names[blob] >= 0)
                blob_of[static_cast<std::size_t>(names[blob])] = &view.map.centers_px()[blob];
        std::vector<std::optional<Image>> images;
        for (std::size_t marker = 0; marker < places_.size(); ++marker)
            images.push_back(image(marker, v));
        for (std::size_t blob = 0; blob < names.size(); ++blob) {
            if (names[blob] < 0) continue;
            const auto marker = static_cast<std::size_t>(names[blob]);
            const Eigen::Vector2d& at = view.map.centers_px()[blob];
            if (!images[marker]) continue;
            for (std::size_t other = 0; other < places_.size(); ++other) {
                if (other == marker || !images[other] ||
                    !may_be_at(*images[other], at, view.options))
                    continue;
                Odds all;
                for (const auto& [seen, weight] : sightings_besides(other, v)) {
                    const Odds given = odds(places_of(*images[marker], *images[other], seen), at,
                                            blob_of[other], clutter, view.options);
                    all.right += weight * given.right;
                    all.wrong += weight * given.wrong;
                }
                errors[blob].add({0.0, all.wrong / (all.right + all.wrong)});
            }
        }
    }

  private:
    [[nodiscard]] std::optional<Image> image(std::size_t marker, std::size_t view) const {
        auto predicted =
            image_of(places_[marker].mean_mm, naming_.fit.relations, naming_.fit.first_from_phantom,
                     views_[view].nominal.pinhole, 0, view);
        if (!predicted) return std::nullopt;
        return Image{marker, view, Eigen::Vector2d::Zero(), 0.0, *std::move(predicted)};
    }

    using Sightings = std::vector<Image>;

    // What other views may show of a marker, and how likely that is against what the naming says,
    // which is the first: in one of them another blob without a name is the marker's, or none.
    [[nodiscard]] std::vector<std::pair<Sightings, double>> sightings_besides(
        std::size_t marker, std::size_t view) const {
        Sightings named = sightings_[marker];
        std::erase_if(named, [&](const Image& sighting) { return sighting.view == view; });
        std::vector<std::pair<Sightings, double>> result = {{named, 1.0}};
        for (std::size_t v = 0; v < views_.size(); ++v) {
            const auto predicted = v == view ? std::nullopt : image(marker, v);
            if (!predicted) continue;
            Sightings others = named;
            std::erase_if(others, [&](const Image& sighting) { return sighting.view == v; });
            const double rate = views_[v].options.detection_rate;
            const double missing =
                (1.0 - rate) * false_blobs_per_px2(views_[v], *naming_.of_view[v]);
            const Eigen::Matrix2d covariance = covariance_of(*predicted);
            const auto likelihood = [&](const Eigen::Vector2d& off_px, double sd_px) {
                return rate * density(off_px, covariance, sd_px);
            };
            double by_naming = missing;
            for (const Image& sighting : named)
                if (sighting.view == v) by_naming = likelihood(sighting.off_px, sighting.sd_px);
            const double none = missing / by_naming;
            if (others.size() < named.size() && none > negligible)
                result.emplace_back(others, none);
            for (std::size_t blob = 0; blob < views_[v].map.size(); ++blob) {
                if (naming_.marker_of_blob[v][blob] >= 0) continue;
                const Eigen::Vector2d off_px =
                    views_[v].map.centers_px()[blob] - predicted->predicted.pixel;
                const double sd_px = views_[v].options.blob_sd_px;
                const double weight = likelihood(off_px, sd_px) / by_naming;
                // Most blobs are far away.
                if (!(weight > negligible)) continue;
                Sightings seen = others;
                seen.push_back({marker, v, off_px, sd_px, predicted->predicted});
                result.emplace_back(std::move(seen), weight);
            }
        }
        return result;
    }

    [[nodiscard]] Eigen::Matrix2d covariance_of(const Image& image) const {
        const MarkerImage& predicted = image.predicted;
        return predicted.jacobian * naming_.fit.covariance * predicted.jacobian.transpose() +
               predicted.px_per_mm * places_[image.marker].covariance_mm2 *
                   predicted.px_per_mm.transpose();
    }

    // Whether a shadow may be at a blob, or merged with that of its marker.
    [[nodiscard]] bool may_be_at(const Image& image, const Eigen::Vector2d& blob_px,
                                 const IdentifyOptions& options) const {
        return (blob_px - image.predicted.pixel).norm() <=
               options.ambiguity_px + options.gate_sd * std::sqrt(covariance_of(image).trace());
    }

    // `seen`: what other views show of the second.
    [[nodiscard]] PairPlaces places_of(const Image& first, const Image& second,
                                       Sightings seen) const {
        Sightings pulling;
        for (const Image* of : {&first, &second})
            for (const Image& sighting : sightings_[of->marker]) {
                pulling.push_back(sighting);
                if (of == &first && sighting.view != first.view) seen.push_back(sighting);
            }
        return places_of_pair({first, second}, seen, pulling, naming_.fit.covariance, places_);
    }

    std::span<const ViewProblem> views_;
    const JointNaming& naming_;
    std::span<const MarkerPlace> places_;
    std::vector<std::vector<Image>> sightings_;  // of each marker
};

}  // namespace

void add_errors_by_neighbours(std::span<const ViewProblem> views, const JointNaming& naming,
                              std::span<const MarkerPlace> places, NameErrors& errors) {
    const Neighbours neighbours(views, naming, places);
    for (std::size_t v = 0; v < views.size(); ++v)
        neighbours.add_errors(v, errors[v]);
}

}  // namespace stereo
