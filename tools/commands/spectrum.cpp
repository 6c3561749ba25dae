#include "commands/commands.hpp"

#include <drr/core/degree.hpp>
#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/physics/beam.hpp>
#include <drr/physics/spectrum.hpp>

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tools {

namespace {

struct SpectrumArguments {
    double kvp = 90.0;
    double anode_angle_deg = 12.0;
    std::vector<std::string> filters{"aluminium:2.5"};
    std::vector<std::string> through{"water", "steel"};
    double detector_mm = drr::DetectorOptions{}.thickness_mm;
    std::string output;
};

/// "aluminium:2.5"
drr::Filter parse_filter(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    drr::Filter filter;
    const char* end = text.data() + text.size();
    const bool read =
        colon != std::string::npos &&
        std::from_chars(text.data() + colon + 1, end, filter.thickness_mm).ptr == end &&
        colon + 1 < text.size();
    drr::require(read, fmt::format("--filter: expected MATERIAL:MM such as aluminium:2.5, found "
                                   "'{}'",
                                   text));
    filter.material = drr::find_material(text.substr(0, colon));
    return filter;
}

void print_hardening(const drr::Spectrum& spectrum, const SpectrumArguments& arguments) {
    drr::DetectorOptions detector;
    detector.thickness_mm = arguments.detector_mm;
    fmt::print("\neffective attenuation seen by {:g} mm of CsI, 1/mm\n{:<16}",
               detector.thickness_mm, "thickness (mm)");
    constexpr std::array thicknesses_mm{0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 200.0};
    for (const double mm : thicknesses_mm)
        fmt::print("{:>9g}", mm);
    for (const auto& name : arguments.through) {
        const drr::PolychromaticBeam beam(spectrum, detector, {drr::find_material(name)});
        fmt::print("\n{:<16}", name);
        for (const double mm : thicknesses_mm) {
            // Below this share of the open beam no detector sees the beam.
            constexpr double blackest = 12.0;
            const double line_integral = beam.line_integral(std::array{mm});
            if (line_integral < blackest)
                fmt::print("{:>9.4f}", line_integral / mm);
            else
                fmt::print("{:>9}", "-");
        }
    }
    fmt::print("\n");
}

void print_spectrum(const SpectrumArguments& arguments) {
    drr::TubeOptions tube;
    tube.voltage_kv = arguments.kvp;
    tube.anode_angle_rad = arguments.anode_angle_deg * drr::degree;
    for (const auto& filter : arguments.filters)
        tube.filters.push_back(parse_filter(filter));
    const drr::Spectrum spectrum = drr::tube_spectrum(tube);

    double lines = 0.0;
    for (const auto& c : spectrum.components)
        if (c.width_kev == 0.0) lines += c.photons;
    const auto aluminium = drr::half_value_layers(spectrum, drr::find_material("aluminium"));
    const auto copper = drr::half_value_layers(spectrum, drr::find_material("copper"));
    fmt::print("tungsten anode, {:g} kV, {:g} degrees", arguments.kvp, arguments.anode_angle_deg);
    for (const auto& filter : tube.filters)
        fmt::print(", {:g} mm {}", filter.thickness_mm, filter.material.name);
    fmt::print("\n\n");
    fmt::print("mean energy               {:8.3f} keV\n", spectrum.mean_energy_kev());
    fmt::print("photons in K lines        {:8.3f} %\n", 100.0 * lines);
    fmt::print("1st half-value layer      {:8.4f} mm Al  {:8.4f} mm Cu\n", aluminium.first_mm,
               copper.first_mm);
    fmt::print("2nd half-value layer      {:8.4f} mm Al  {:8.4f} mm Cu\n", aluminium.second_mm,
               copper.second_mm);
    fmt::print("homogeneity coefficient   {:8.4f}        {:8.4f}\n", aluminium.homogeneity(),
               copper.homogeneity());
    fmt::print("photons per mm2 and uGy   {:8.0f}\n", 1.0 / drr::air_kerma_ugy(spectrum));
    print_hardening(spectrum, arguments);

    if (arguments.output.empty()) return;
    std::string csv = "energy_kev,width_kev,photons\n";
    for (const auto& c : spectrum.components)
        csv += fmt::format("{},{},{}\n", c.energy_kev, c.width_kev, c.photons);
    drr::write_file(arguments.output, csv);
    fmt::print("\nwritten: {}\n", arguments.output);
}

}  // namespace

void add_spectrum(CLI::App& app, Run& run) {
    const auto arguments = std::make_shared<SpectrumArguments>();
    CLI::App* command = app.add_subcommand(
        "spectrum", "Spectrum of an X-ray tube, its half-value layers and how it hardens");
    command->add_option("--kvp", arguments->kvp, "Tube voltage, kV, constant (default 90)");
    command->add_option("--anode-angle-deg", arguments->anode_angle_deg,
                        "Angle of the tungsten anode (default 12)");
    command->add_option("--filter", arguments->filters,
                        "MATERIAL:MM, as often as needed (default aluminium:2.5)");
    command->add_option("--through", arguments->through,
                        "Materials of the table of beam hardening (default water steel)");
    command->add_option("--detector-mm", arguments->detector_mm,
                        "Thickness of the detector's CsI, solid (default 0.45)");
    command->add_option("-o,--output", arguments->output,
                        "CSV file of the spectrum: energy, width of the bin (0: a line), photons");
    command->callback([arguments, &run] { run = [arguments] { print_spectrum(*arguments); }; });
}

}  // namespace tools
