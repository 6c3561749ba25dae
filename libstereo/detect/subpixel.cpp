#include "background_order.hpp"
#include "fit_report.hpp"

#include <drr/core/error.hpp>
#include <stereo/detect/subpixel.hpp>

namespace stereo {

double fit_radius_px(double radius_px, double blur_px) {
    return reach_px(FitReach::wide, radius_px, blur_px);
}

BeadFit fit_beads(const drr::Image<float>& image, const std::vector<BeadShadow>& start,
                  const BeadFitOptions& options, const std::vector<Disc>& excluded) {
    drr::require(!start.empty() && start.size() <= max_joint_beads,
                 "1 to 4 beads were expected for one fit");
    // More leave the parts no blur of their own (ShadowFit's least blur).
    drr::require(options.sharp_parts >= 1 && options.sharp_parts <= 10,
                 "sharp_parts must be 1 to 10");
    ShadowFit fit(image, start, options, excluded);
    const auto whole_report = [&] {
        BeadFit result = report(fit);
        take_field_in(fit, result);
        return result;
    };
    if (options.wide_rim && !options.thin && fit_plain_background(fit)) {
        BeadFit result = whole_report();
        if (result.plain_background) return result;
    }
    return fit_structured_background(fit) ? whole_report() : BeadFit{};
}

}  // namespace stereo
