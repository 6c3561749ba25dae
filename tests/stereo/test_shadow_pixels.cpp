#include "instruction_sets.hpp"
#include "shadow_model.hpp"
#include "test.hpp"

#include <drr/core/rng.hpp>

#include <cmath>

using namespace stereo;

namespace {

struct Scene {
    ShadowParameters at;
    ParameterLayout layout;
    FitWindow window;
};

/// How an image is unsharp: no more than its pixels' area makes it, or by more.
struct Sharpness {
    double blur = 0.0;
    int parts = 1;
};
constexpr Sharpness blurred = {0.7, 1};
constexpr Sharpness sharp = {0.3, 6};

/// `beads` shadows of which the first three touch, over a background of some order.
Scene random_scene(std::size_t beads, int order, const Sharpness& of, drr::Rng& rng) {
    Scene scene;
    scene.layout = {beads, true, true};
    scene.at.blur = of.blur;
    scene.at.parts = PixelParts::at(of.blur, sharp.parts);
    BOOST_TEST(scene.at.parts.along == of.parts);
    scene.at.veil = 30.0;
    scene.at.order = order;
    scene.at.unit_px = 9.0;
    for (std::size_t j = 0; j < beads; ++j)
        scene.at.beads[j] = {{4.0 * static_cast<double>(j) - 2.7, rng.uniform(-2.0, 2.0)},
                             rng.uniform(2.5, 4.5),
                             rng.uniform(0.3, 3.0)};
    scene.at.background[0] = 1000.0;
    for (int k = 1; k < coefficients(order); ++k)
        scene.at.background[k] = 100.0 * rng.normal();
    for (int y = -8; y <= 8; ++y)
        for (int x = -8; x <= 13; ++x)
            scene.window.add(x, y, 600.0 + 300.0 * rng.normal(), rng.uniform() < 0.2);
    scene.window.finish();
    for (std::size_t i = 0; i < scene.window.count; ++i)
        scene.window.root_weight[i] = rng.uniform(0.1, 1.0);
    return scene;
}

/// The shadow, and its slope along x and y, as the middle of a pixel sees it or its parts together.
struct SeenShadow {
    ShadowProfile::Sample s;
    Eigen::Vector2d slope = Eigen::Vector2d::Zero();
};

SeenShadow seen_shadow(const BeadShadow& bead, double of_blur, int parts, double dx, double dy) {
    // The variance of a pixel's area is that of its parts and of their places.
    const double part_blur =
        std::sqrt(of_blur * of_blur - 1.0 / 12.0 + 1.0 / (12.0 * parts * parts));
    const ShadowProfile profile(bead.radius_px, part_blur, bead.attenuation);
    SeenShadow seen;
    const double share = 1.0 / (parts * parts);
    for (int row = 0; row < parts; ++row)
        for (int column = 0; column < parts; ++column) {
            const Eigen::Vector2d from_center(dx + (column + 0.5) / parts - 0.5,
                                              dy + (row + 0.5) / parts - 0.5);
            const double rho = std::max(from_center.norm(), 1e-9);
            const ShadowProfile::Sample s = profile.at(rho);
            seen.s.value += share * s.value;
            seen.s.d_log_blur += share * s.d_log_blur * std::pow(of_blur / part_blur, 2);
            seen.slope += share * s.d_rho / rho * from_center;
        }
    const Eigen::Vector2d from_center(dx, dy);
    seen.s.d_rho = seen.slope.dot(from_center) / std::max(from_center.norm(), 1e-9);
    return seen;
}

/// The model as ShadowModel's comment has it, pixel by pixel.
double grey_at(const ShadowParameters& p, std::size_t beads, double x, double y) {
    struct Shadow {
        ShadowProfile::Sample s;
        double dx, dy, rho;
    };
    const int parts = p.parts.along;
    std::vector<Shadow> shadows;
    double seen_x = x, seen_y = y;
    double transmission = 1.0;
    for (std::size_t j = 0; j < beads; ++j) {
        const double dx = x - p.beads[j].center_px.x(), dy = y - p.beads[j].center_px.y();
        const double rho = std::max(std::hypot(dx, dy), 1e-9);
        const SeenShadow seen = seen_shadow(p.beads[j], p.blur, parts, dx, dy);
        shadows.push_back({seen.s, dx, dy, rho});
        transmission *= 1.0 - seen.s.value;
        const double pull = -p.blur * p.blur / std::max(1.0 - seen.s.value, 1e-3);
        seen_x += pull * seen.slope.x();
        seen_y += pull * seen.slope.y();
    }
    const double b2 = p.blur * p.blur;
    for (std::size_t f = 0; f < beads; ++f)
        for (std::size_t g = f + 1; g < beads; ++g) {
            // Gradients and second derivatives (xx, xy, yy) of P.
            const auto gradient = [](const Shadow& of) -> Eigen::Vector2d {
                const double slope = of.s.d_rho / of.rho;
                return {slope * of.dx, slope * of.dy};
            };
            const auto hessian = [&](const Shadow& of) -> Eigen::Matrix2d {
                const Eigen::Vector2d along(of.dx / of.rho, of.dy / of.rho);
                const double across = of.s.d_rho / of.rho;
                const double inwards = of.s.d_log_blur / b2 - across;
                return Eigen::Matrix2d(
                    inwards * along * along.transpose() +
                    across * (Eigen::Matrix2d::Identity() - along * along.transpose()));
            };
            double terms =
                b2 * gradient(shadows[f]).dot(gradient(shadows[g])) +
                0.5 * b2 * b2 * hessian(shadows[f]).cwiseProduct(hessian(shadows[g])).sum();
            for (std::size_t c = 0; c < beads; ++c)
                if (c != f && c != g) terms *= 1.0 - shadows[c].s.value;
            transmission += terms;
        }
    return p.veil + transmission * p.background_at(seen_x, seen_y);
}

constexpr double rounding = 1e-9;  // of greys of a thousand

}  // namespace

BOOST_AUTO_TEST_CASE(shadows_in_vectors_are_those_of_the_formula_with_every_instruction_set) {
    drr::Rng rng({.seed = 5, .purpose = drr::RngPurpose::test});
    for (const std::size_t beads : {1U, 2U, 3U, 4U})
        for (int order = 0; order <= highest_background; ++order) {
            const Scene scene = random_scene(beads, order, order % 2 == 0 ? blurred : sharp, rng);
            test::with_every_instruction_set([&] {
                ShadowModel model(scene.layout);
                NormalEquations normal;
                model.evaluate(scene.at, scene.window, normal);
                const auto n = static_cast<Eigen::Index>(scene.window.count);
                BOOST_REQUIRE(model.residuals().size() == n);
                int silent = 0;
                for (Eigen::Index row = 0; row < n; ++row) {
                    const auto i = static_cast<std::size_t>(row);
                    const double residual =
                        scene.window.grey[i] -
                        grey_at(scene.at, beads, scene.window.x[i], scene.window.y[i]);
                    const bool no_say = scene.window.saturated[i] != 0.0 && residual <= 0.0;
                    silent += no_say;
                    const double expected = no_say ? 0.0 : scene.window.root_weight[i] * residual;
                    BOOST_TEST(std::abs(model.residuals()[row] - expected) < rounding);
                    BOOST_TEST(model.jacobian().row(row).isZero(0.0) == no_say);
                }
                BOOST_TEST(silent > 0);
                const Eigen::MatrixXd square = model.jacobian().transpose() * model.jacobian();
                const Eigen::MatrixXd off =
                    (normal.hessian - square).triangularView<Eigen::Lower>();
                BOOST_TEST(off.cwiseAbs().maxCoeff() < 1e-12 * square.cwiseAbs().maxCoeff());
                BOOST_TEST((normal.gradient - model.jacobian().transpose() * model.residuals())
                               .cwiseAbs()
                               .maxCoeff() < 1e-9 * normal.gradient.cwiseAbs().maxCoeff());
                BOOST_TEST(std::abs(normal.cost - model.residuals().squaredNorm()) <
                           1e-12 * normal.cost);
            });
        }
}

// Of one bead, where cross terms and the background's place, which the derivatives leave out, do
// not matter: the background is level.
BOOST_AUTO_TEST_CASE(derivatives_are_those_of_the_greys) {
    drr::Rng rng({.seed = 6, .purpose = drr::RngPurpose::test});
    for (const Sharpness& of : {blurred, sharp}) {
        Scene scene = random_scene(1, 0, of, rng);
        std::fill(scene.window.saturated.begin(), scene.window.saturated.end(), 0.0);
        ShadowModel model(scene.layout);
        NormalEquations normal;
        model.evaluate(scene.at, scene.window, normal);
        const Eigen::MatrixXd jacobian = model.jacobian();
        constexpr double step = 1e-3;
        const auto moved = [&](int parameter, double by) {
            ShadowParameters p = scene.at;
            BeadShadow& bead = p.beads[0];
            if (parameter < 2) bead.center_px[parameter] += by;
            if (parameter == 2) bead.radius_px *= std::exp(by);
            if (parameter == 3) bead.attenuation *= std::exp(by);
            if (parameter == scene.layout.blur()) p.blur *= std::exp(by);
            if (parameter == scene.layout.veil()) p.veil += by;
            if (parameter == scene.layout.first_of_background()) p.background[0] += by;
            model.evaluate(p, scene.window, normal);
            return Eigen::VectorXd(model.residuals());
        };
        for (int k = 0; k < scene.layout.size(0); ++k) {
            const Eigen::VectorXd difference = (moved(k, -step) - moved(k, step)) / (2.0 * step);
            // The table's derivatives are interpolated to a hundredth (shadow_profile.hpp).
            BOOST_TEST((difference - jacobian.col(k)).cwiseAbs().maxCoeff() <
                       0.02 * jacobian.col(k).cwiseAbs().maxCoeff());
        }
    }
}
