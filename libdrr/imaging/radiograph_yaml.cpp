#include <drr/core/degree.hpp>
#include <drr/imaging/radiograph_yaml.hpp>
#include <drr/physics/attenuation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace drr {

namespace {

constexpr Range share{0.0, 1.0};
constexpr Range angle_deg{-360.0, 360.0};
constexpr double max_size_px = 16384.0;

/// What check() finds wrong with values that are each in their range, told at the key's line.
void check(const YamlMap& map, const std::string& key, const std::function<void()>& validate) {
    try {
        validate();
    } catch (const Error& error) {
        map.fail(key, fmt::format("'{}': {}", key, error.message()));
    }
}

Material read_material(const YamlMap& map, const std::string& key) {
    const std::string name = map.text(key);
    Material material;
    check(map, key, [&] { material = find_material(name); });
    return material;
}

TubeBeam read_tube_beam(const YamlMap& map) {
    TubeBeam beam;
    const YamlMap tube = map.map("beam");
    beam.tube.voltage_kv = tube.number("kvp");
    beam.tube.anode_angle_rad =
        degree * tube.number_or("anode_angle_deg", beam.tube.anode_angle_rad / degree);
    for (const YamlMap& filter : tube.maps("filters")) {
        beam.tube.filters.push_back(
            {read_material(filter, "material"), filter.number("thickness_mm", non_negative)});
        filter.finish();
    }
    beam.tube.bin_width_kev = tube.number_or("bin_width_kev", beam.tube.bin_width_kev);
    tube.finish();
    check(map, "beam", [&] { (void)tube_spectrum(beam.tube); });

    const auto detector = map.map_if("detector");
    if (!detector) return beam;
    auto& to = beam.detector;
    if (detector->has("scintillator")) to.scintillator = read_material(*detector, "scintillator");
    to.thickness_mm = detector->number_or("thickness_mm", to.thickness_mm, positive);
    if (detector->has("kind"))
        to.kind =
            detector->choice("kind", {"energy_integrating", "photon_counting"}) == "photon_counting"
                ? DetectorKind::photon_counting
                : DetectorKind::energy_integrating;
    if (detector->has("fluorescence"))
        to.fluorescence = detector->choice("fluorescence", {"reabsorbed", "escapes"}) == "escapes"
                              ? Fluorescence::escapes
                              : Fluorescence::reabsorbed;
    detector->finish();
    return beam;
}

RadiographBeam read_beam(const YamlMap& map) {
    if (map.has("beam")) {
        if (map.has("photon_energy_kev"))
            map.fail("photon_energy_kev",
                     "'photon_energy_kev' and 'beam' exclude each other: one energy or a tube");
        return read_tube_beam(map);
    }
    if (map.has("detector"))
        map.fail("detector", "'detector' needs a 'beam': photons of one energy are counted");
    return MonoenergeticBeam{map.number("photon_energy_kev", attenuation_range_kev)};
}

FocalSpot read_focal_spot(const YamlMap& map) {
    FocalSpot spot;
    const auto size = map.numbers("size_mm", 2, non_negative);
    spot.size_mm = {size[0], size[1]};
    if (map.has("shape"))
        spot.shape = map.choice("shape", {"uniform", "gaussian"}) == "gaussian"
                         ? SpotShape::gaussian
                         : SpotShape::uniform;
    spot.samples = map.integer_or("samples", spot.samples, {1.0, 1024.0});
    map.finish();
    return spot;
}

Scatter read_scatter(const YamlMap& map) {
    Scatter scatter;
    scatter.ratio = map.number("ratio", non_negative);
    scatter.line_integral = map.number_or("line_integral", scatter.line_integral, positive);
    scatter.sigma_mm = map.number("sigma_mm", positive);
    if (const auto grid = map.map_if("grid")) {
        scatter.grid = {grid->number("primary_transmission", {positive.low, 1.0}),
                        grid->number("scatter_transmission", {positive.low, 1.0})};
        grid->finish();
    }
    map.finish();
    return scatter;
}

IntensifierDistortion read_distortion(const YamlMap& map) {
    const auto center = map.numbers("center_px", 2);
    IntensifierDistortion distortion;
    distortion.center_px = {center[0], center[1]};
    distortion.radius_px = map.number("radius_px", positive);
    distortion.pincushion = map.number_or("pincushion", 0.0, {-1.0, 1.0});
    distortion.sigmoid_rad = degree * map.number_or("sigmoid_deg", 0.0, angle_deg);
    map.finish();
    return distortion;
}

PointSpread read_point_spread(const YamlMap& map) {
    const std::vector<std::string> kinds{"gaussian_sigma_px", "exponential_length_px", "mtf"};
    const auto given = std::count_if(kinds.begin(), kinds.end(),
                                     [&](const std::string& key) { return map.has(key); });
    if (given > 1) map.fail(kinds[2], "a point spread is of one kind only");
    SpreadShape shape;
    if (map.has(kinds[1])) {
        shape = ExponentialSpread{map.number(kinds[1], non_negative)};
    } else if (const auto table = map.map_if(kinds[2])) {
        shape = MtfTable{table->numbers("cycles_per_mm", 0, non_negative),
                         table->numbers("values", 0, share)};
        table->finish();
    } else {
        shape = GaussianSpread{map.number(kinds[0], non_negative)};
    }
    PointSpread spread{shape};
    spread.subpixels = map.integer_or("subpixels", spread.subpixels, {1, max_subpixels});
    map.finish();
    return spread;
}

DetectorFlaws read_flaws(const YamlMap& map) {
    DetectorFlaws flaws;
    if (map.has("seed")) flaws.seed = map.seed("seed");
    flaws.gain_sd = map.number_or("gain_sd", flaws.gain_sd, {0.0, 0.5});
    flaws.dead_fraction = map.number_or("dead_fraction", flaws.dead_fraction, share);
    flaws.offset_grey = map.number_or("offset_grey", flaws.offset_grey, non_negative);
    for (const YamlMap& pixel : map.maps("dead_pixels")) {
        flaws.dead_pixels.emplace_back(pixel.integer("u_px", {0.0, max_size_px}),
                                       pixel.integer("v_px", {0.0, max_size_px}));
        pixel.finish();
    }
    map.finish();
    return flaws;
}

/// A material's name, when that is enough to find it.
std::string name_of(const Material& material) {
    const auto& known = known_materials();
    const bool found = std::any_of(known.begin(), known.end(), [&](const Material& m) {
        return m.name == material.name && m.density_g_per_cm3 == material.density_g_per_cm3;
    });
    if (!found)
        throw Error(ErrorCode::unsupported,
                    fmt::format("YAML cannot name the material '{}'", material.name));
    return material.name;
}

std::string list(const std::vector<double>& values) {
    return fmt::format("[{}]", fmt::join(values, ", "));
}

/// Lines of YAML, one below the other.
class Lines {
  public:
    explicit Lines(int indent) : indent_(static_cast<std::size_t>(indent), ' ') {}

    template <class... Values>
    void add(fmt::format_string<Values...> format, Values&&... values) {
        text_ += indent_ + fmt::format(format, std::forward<Values>(values)...) + "\n";
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string indent_;
    std::string text_;
};

void write_beam(const RadiographBeam& beam, Lines& out) {
    if (const auto* mono = std::get_if<MonoenergeticBeam>(&beam)) {
        out.add("photon_energy_kev: {}", mono->photon_energy_kev);
        return;
    }
    const auto& [tube, detector] = std::get<TubeBeam>(beam);
    out.add("beam:");
    out.add("  kvp: {}", tube.voltage_kv);
    out.add("  anode_angle_deg: {}", tube.anode_angle_rad / degree);
    out.add("  bin_width_kev: {}", tube.bin_width_kev);
    if (!tube.filters.empty()) out.add("  filters:");
    for (const Filter& filter : tube.filters)
        out.add("    - {{ material: {}, thickness_mm: {} }}", name_of(filter.material),
                filter.thickness_mm);
    out.add(
        "detector: {{ scintillator: {}, thickness_mm: {}, kind: {}, fluorescence: {} }}",
        name_of(detector.scintillator), detector.thickness_mm,
        detector.kind == DetectorKind::photon_counting ? "photon_counting" : "energy_integrating",
        detector.fluorescence == Fluorescence::escapes ? "escapes" : "reabsorbed");
}

std::string kind_of(const SpreadShape& shape) {
    if (const auto* gaussian = std::get_if<GaussianSpread>(&shape))
        return fmt::format("gaussian_sigma_px: {}", gaussian->sigma_px);
    if (const auto* exponential = std::get_if<ExponentialSpread>(&shape))
        return fmt::format("exponential_length_px: {}", exponential->length_px);
    const auto& table = std::get<MtfTable>(shape);
    return fmt::format("mtf: {{ cycles_per_mm: {}, values: {} }}", list(table.cycles_per_mm),
                       list(table.values));
}

void write_flaws(const DetectorFlaws& flaws, Lines& out) {
    out.add("flaws:");
    out.add("  seed: {}", flaws.seed);
    out.add("  gain_sd: {}", flaws.gain_sd);
    out.add("  dead_fraction: {}", flaws.dead_fraction);
    out.add("  offset_grey: {}", flaws.offset_grey);
    if (!flaws.dead_pixels.empty()) out.add("  dead_pixels:");
    for (const auto& pixel : flaws.dead_pixels)
        out.add("    - {{ u_px: {}, v_px: {} }}", pixel.x(), pixel.y());
}

}  // namespace

RadiographOptions read_radiograph_options(const YamlMap& map) {
    RadiographOptions options;
    options.beam = read_beam(map);
    if (map.has("air_kerma_ugy")) {
        if (map.has("photons_per_pixel"))
            map.fail("air_kerma_ugy", "'air_kerma_ugy' and 'photons_per_pixel' exclude each other");
        options.air_kerma_ugy = map.number("air_kerma_ugy", positive);
        if (!std::holds_alternative<TubeBeam>(options.beam))
            map.fail("air_kerma_ugy", "'air_kerma_ugy' needs a 'beam'");
    } else {
        options.photons_per_pixel = map.number("photons_per_pixel", positive);
    }
    if (const auto heel = map.map_if("heel")) {
        if (!std::holds_alternative<TubeBeam>(options.beam))
            map.fail("heel", "'heel' needs a 'beam'");
        options.heel = {degree * heel->number("anode_direction_deg", angle_deg)};
        heel->finish();
    }
    if (const auto spot = map.map_if("focal_spot")) options.focal_spot = read_focal_spot(*spot);
    if (const auto scatter = map.map_if("scatter")) options.scatter = read_scatter(*scatter);
    if (const auto distortion = map.map_if("distortion"))
        options.distortion = read_distortion(*distortion);
    options.quantum_noise = map.flag_or("quantum_noise", options.quantum_noise);
    if (const auto spread = map.map_if("point_spread"))
        options.point_spread = read_point_spread(*spread);
    if (const auto lag = map.map_if("lag")) {
        options.lag = {lag->number("fraction", share), lag->number("decay", share)};
        check(map, "lag", [&] { options.lag->validate(); });
        lag->finish();
    }
    if (const auto flaws = map.map_if("flaws")) options.flaws = read_flaws(*flaws);
    options.electronic_noise_photons =
        map.number_or("electronic_noise_photons", options.electronic_noise_photons, non_negative);
    options.bits = map.integer_or("bits", options.bits, {8.0, 16.0});
    options.open_beam_grey = map.number_or("open_beam_grey", options.open_beam_grey, positive);
    check(map, map.has("open_beam_grey") ? "open_beam_grey" : "bits", [&] { options.validate(); });
    return options;
}

std::string radiograph_yaml(const RadiographOptions& options, int indent) {
    Lines out(indent);
    write_beam(options.beam, out);
    if (options.air_kerma_ugy)
        out.add("air_kerma_ugy: {}", *options.air_kerma_ugy);
    else
        out.add("photons_per_pixel: {}", options.photons_per_pixel);
    if (const FocalSpot& spot = options.focal_spot; !spot.is_point())
        out.add("focal_spot: {{ size_mm: [{}, {}], shape: {}, samples: {} }}", spot.size_mm.x(),
                spot.size_mm.y(), spot.shape == SpotShape::gaussian ? "gaussian" : "uniform",
                spot.samples);
    if (options.heel)
        out.add("heel: {{ anode_direction_deg: {} }}", options.heel->anode_direction_rad / degree);
    if (const auto& s = options.scatter) {
        out.add("scatter:");
        out.add("  ratio: {}", s->ratio);
        out.add("  line_integral: {}", s->line_integral);
        out.add("  sigma_mm: {}", s->sigma_mm);
        if (s->grid)
            out.add("  grid: {{ primary_transmission: {}, scatter_transmission: {} }}",
                    s->grid->primary_transmission, s->grid->scatter_transmission);
    }
    if (const auto& d = options.distortion)
        out.add(
            "distortion: {{ center_px: [{}, {}], radius_px: {}, pincushion: {}, "
            "sigmoid_deg: {} }}",
            d->center_px.x(), d->center_px.y(), d->radius_px, d->pincushion,
            d->sigmoid_rad / degree);
    out.add("quantum_noise: {}", options.quantum_noise);
    if (const auto& spread = options.point_spread)
        out.add("point_spread: {{ {}, subpixels: {} }}", kind_of(spread->shape), spread->subpixels);
    if (options.lag)
        out.add("lag: {{ fraction: {}, decay: {} }}", options.lag->fraction, options.lag->decay);
    if (options.flaws) write_flaws(*options.flaws, out);
    out.add("electronic_noise_photons: {}", options.electronic_noise_photons);
    out.add("bits: {}", options.bits);
    out.add("open_beam_grey: {}", options.open_beam_grey);
    return out.text();
}

}  // namespace drr
