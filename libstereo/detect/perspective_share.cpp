#include <stereo/detect/localize.hpp>
#include <stereo/detect/shadow_profile.hpp>

namespace stereo {

double perspective_share(const BeadShadow& bead, double blur_px, LocalizationMethod method) {
    if (method == LocalizationMethod::contour) return 1.0;
    const ShadowProfile profile(bead.radius_px, blur_px, bead.attenuation);
    double weight = 0.0;
    double sum = 0.0;
    constexpr int steps = 400;
    for (int i = 0; i < steps; ++i) {
        const double rho = (i + 0.5) / steps * profile.extent_px();
        const ShadowProfile::Sample p = profile.at(rho);
        const double moved = p.d_rho * rho * rho / (bead.radius_px * bead.radius_px);
        if (method == LocalizationMethod::intensity_centroid) {
            weight += 2.0 * rho * p.value;
            sum -= moved * rho * rho;
            continue;
        }
        // Least squares projects the shift of the shells on that of the whole; quantum noise.
        // Nothing comes through the middle of an opaque bead: it has no say.
        const double light = 1.0 - p.value;
        const double by_noise = light > 0.0 ? 1.0 / light : 0.0;
        const double w = method == LocalizationMethod::ball_fit ? by_noise : 1.0;
        const bool core = rho < quartic_peak_radii * bead.radius_px;
        if (method == LocalizationMethod::quartic_peak && !core) break;
        weight += w * rho * p.d_rho * p.d_rho;
        sum += w * rho * p.d_rho * moved;
    }
    return sum / weight;
}

}  // namespace stereo
