#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>
#include <drr/physics/attenuation.hpp>
#include <drr/projector/path_lengths.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

namespace drr {
namespace {

bool same_size(const Image<float>& a, const Image<float>& b) {
    return a.width() == b.width() && a.height() == b.height();
}

/// -ln(mean(exp(-x))). Relative to the most transparent ray, since exp(-x) underflows in thick
/// lead.
double effective(std::span<const double> line_integrals) {
    const double base = *std::min_element(line_integrals.begin(), line_integrals.end());
    double transmission = 0.0;
    for (const double x : line_integrals)
        transmission += std::exp(base - x);
    return base - std::log(transmission / static_cast<double>(line_integrals.size()));
}

}  // namespace

void PathLengths::validate() const {
    require(!materials.empty(), "path lengths are of one material or more, found none");
    require(std::set<std::string>(materials.begin(), materials.end()).size() == materials.size(),
            "path lengths name a material twice");
    require(mean_mm.size() == materials.size(),
            fmt::format("path lengths of {} materials need as many images, found {}",
                        materials.size(), mean_mm.size()));
    for (const auto& image : mean_mm)
        require(same_size(image, mean_mm.front()), "images of path lengths differ in size");
    for (const SampledPixels& group : sampled) {
        require(group.samples_mm.size() == materials.size(),
                fmt::format("sampled pixels of {} materials need as many images, found {}",
                            materials.size(), group.samples_mm.size()));
        for (const auto& samples : group.samples_mm)
            require(same_size(samples, group.samples_mm.front()) && samples.width() > 0 &&
                        samples.height() == static_cast<int>(group.pixels.size()),
                    "samples of path lengths differ in size");
        for (const PixelIndex& pixel : group.pixels)
            require(pixel.column >= 0 && pixel.column < mean_mm.front().width() && pixel.row >= 0 &&
                        pixel.row < mean_mm.front().height(),
                    "a sampled pixel lies outside the image");
    }
}

void add(PathLengths& scene, const PathLengths& part) {
    scene.validate();
    part.validate();
    require(same_size(scene.mean_mm.front(), part.mean_mm.front()),
            "path lengths that are added must be of one view");
    require(scene.sampled.empty() || part.sampled.empty(),
            "of path lengths that are added, one may have sampled pixels");
    const int width = part.mean_mm.front().width();
    const int height = part.mean_mm.front().height();
    const auto lengths_in = [](const Image<float>& lengths_mm, const SampledPixels& group) {
        Image<float> samples(group.samples_mm.front().width(),
                             static_cast<int>(group.pixels.size()));
        for (std::size_t n = 0; n < group.pixels.size(); ++n)
            std::fill_n(samples.row(static_cast<int>(n)), samples.width(),
                        lengths_mm(group.pixels[n].column, group.pixels[n].row));
        return samples;
    };
    const auto add_to = [](Image<float>& sum, const Image<float>& more) {
        std::transform(sum.pixels().begin(), sum.pixels().end(), more.pixels().begin(),
                       sum.pixels().begin(), std::plus<>());
    };
    // What is taken as constant over a pixel runs along all of its rays.
    if (scene.sampled.empty()) {
        scene.sampled = part.sampled;
        for (SampledPixels& group : scene.sampled) {
            group.samples_mm.clear();
            for (const auto& lengths_mm : scene.mean_mm)
                group.samples_mm.push_back(lengths_in(lengths_mm, group));
        }
    }
    for (std::size_t m = 0; m < part.materials.size(); ++m) {
        const auto found =
            std::find(scene.materials.begin(), scene.materials.end(), part.materials[m]);
        const auto at = static_cast<std::size_t>(found - scene.materials.begin());
        if (found == scene.materials.end()) {
            scene.materials.push_back(part.materials[m]);
            scene.mean_mm.emplace_back(width, height);
            for (SampledPixels& group : scene.sampled)
                group.samples_mm.emplace_back(group.samples_mm.front().width(),
                                              group.samples_mm.front().height());
        }
        add_to(scene.mean_mm[at], part.mean_mm[m]);
        for (std::size_t g = 0; g < scene.sampled.size(); ++g)
            add_to(scene.sampled[g].samples_mm[at],
                   part.sampled.empty() ? lengths_in(part.mean_mm[m], scene.sampled[g])
                                        : part.sampled[g].samples_mm[m]);
    }
}

Image<float> line_integrals(const PathLengths& lengths, std::span<const double> mu_per_mm) {
    lengths.validate();
    require(mu_per_mm.size() == lengths.materials.size(),
            fmt::format("{} attenuation coefficients for {} materials", mu_per_mm.size(),
                        lengths.materials.size()));
    const auto sum_at = [&](const std::vector<Image<float>>& images, int column, int row) {
        double sum = 0.0;
        for (std::size_t m = 0; m < images.size(); ++m)
            sum += mu_per_mm[m] * static_cast<double>(images[m](column, row));
        return sum;
    };
    Image<float> result(lengths.mean_mm.front().width(), lengths.mean_mm.front().height());
    parallel_for(static_cast<std::size_t>(result.height()), [&](std::size_t index) {
        const int row = static_cast<int>(index);
        for (int column = 0; column < result.width(); ++column)
            result(column, row) = static_cast<float>(sum_at(lengths.mean_mm, column, row));
    });
    for (const SampledPixels& group : lengths.sampled)
        parallel_for(group.pixels.size(), [&](std::size_t n) {
            std::vector<double> samples(static_cast<std::size_t>(group.samples_mm.front().width()));
            for (std::size_t s = 0; s < samples.size(); ++s)
                samples[s] = sum_at(group.samples_mm, static_cast<int>(s), static_cast<int>(n));
            result(group.pixels[n].column, group.pixels[n].row) =
                static_cast<float>(effective(samples));
        });
    return result;
}

Image<float> line_integrals(const PathLengths& lengths, double energy_kev) {
    std::vector<double> mu_per_mm;
    for (const std::string& material : lengths.materials)
        mu_per_mm.push_back(attenuation_per_mm(material, energy_kev));
    return line_integrals(lengths, mu_per_mm);
}

}  // namespace drr
