#pragma once

#include <drr/imaging/dicom_image.hpp>
#include <drr/imaging/grey_window.hpp>
#include <drr/projector/projector.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tools {

/// A view to render and what its files say of it.
struct NamedView {
    std::string name;  ///< of its files, without extension
    drr::XrayView view;
    std::string series;                              ///< the view of the rig that it is a frame of
    int number = 1;                                  ///< within the series
    std::optional<double> orbit_deg = std::nullopt;  ///< in a rotating sequence
};

/// Which files are written of each image, and how pictures look.
struct OutputOptions {
    std::string folder;
    std::vector<std::string> line_integrals{"mha"};  ///< mha, nrrd, tiff, none
    std::vector<std::string> pictures{"png"};        ///< png, tiff, dicom, none
    std::string scale = "log";                       ///< or intensity
    std::string window = "auto";                     ///< or LOW:HIGH in units of the scale
    bool inverted = false;
};

/// Adds --output, --line-integrals, --picture, --scale, --window, --invert.
void add_output_options(CLI::App& command, OutputOptions& options);

/// The one window of all pictures of a run, before the first is rendered: as given, or from
/// percentiles (drr::automatic_window) of a sample of at most 16 views spread evenly over `views`,
/// of each every n-th pixel so that at most 128 remain on a side. Throws Error(usage) for a window
/// that is none, NoResult when no ray of the sample meets the volume.
[[nodiscard]] drr::GreyWindow choose_window(const OutputOptions& options,
                                            const drr::Projector& projector,
                                            const std::vector<NamedView>& views);

/// Whether the options ask for files of line integrals.
[[nodiscard]] bool wants_line_integrals(const OutputOptions& options);

/// Writes the line integrals as `options` have it and returns the names of the files in the folder.
std::vector<std::string> write_line_integrals(const OutputOptions& options, const NamedView& view,
                                              const drr::Image<float>& line_integrals);

/// Writes an image as `options` have it and returns the names of the files in the folder: first the
/// line integrals, then the pictures.
std::vector<std::string> write_outputs(const OutputOptions& options, const NamedView& view,
                                       const drr::Image<float>& line_integrals,
                                       const drr::GreyWindow& window,
                                       const drr::DicomImageOptions& dicom);

}  // namespace tools
