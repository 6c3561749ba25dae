#include "dicom_folder.hpp"
#include "dicom_header.hpp"
#include "dicom_slice.hpp"
#include "limits.hpp"

#include <drr/core/error.hpp>
#include <drr/volume/dicom_series.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace drr {
namespace {

namespace fs = std::filesystem;

struct Series {
    DicomSeries summary;
    std::vector<DicomSlice> slices;  ///< in the order of the stack once measured
};

struct Scan {
    std::vector<Series> series;
    std::vector<std::string> left_out;
};

bool same_grid(const SliceGrid& a, const SliceGrid& b) {
    return a.columns == b.columns && a.rows == b.rows &&
           (a.spacing_mm - b.spacing_mm).norm() < axis_tolerance &&
           (a.i_axis - b.i_axis).norm() < axis_tolerance &&
           (a.j_axis - b.j_axis).norm() < axis_tolerance;
}

/// Orders the slices and fills the summary.
void measure(Series& series) {
    std::vector<Eigen::Vector3d> positions;
    for (const DicomSlice& slice : series.slices)
        positions.push_back(slice.position_mm);
    DicomSeries& summary = series.summary;
    const DicomSlice& first = series.slices.front();
    summary.uid = first.series_uid;
    summary.series_number = first.series_number;
    summary.modality = first.modality;
    summary.description = first.description;
    summary.grid = first.grid;
    summary.thickness_mm = first.thickness_mm;
    for (const DicomSlice& slice : series.slices)
        if (summary.not_hu.empty()) summary.not_hu = why_not_hu(slice);
    summary.stack = measure_stack(first.grid, positions);
    std::vector<DicomSlice> ordered;
    for (const std::size_t slice : summary.stack.order)
        ordered.push_back(std::move(series.slices[slice]));
    series.slices = std::move(ordered);
    for (const DicomSlice& slice : series.slices)
        summary.paths.push_back(slice.path);
}

Scan scan_folder(const fs::path& folder, const VolumeReadOptions& options) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && is_dicom(entry.path())) paths.push_back(entry.path());
    // The folder's own order differs between machines.
    std::sort(paths.begin(), paths.end());

    Scan scan;
    std::map<std::string, std::vector<Series>> by_uid;
    for (std::size_t n = 0; n < paths.size(); ++n) {
        try {
            if (auto slice = read_dicom_slice(paths[n], options.max_voxels)) {
                // One malformed slice must not spoil its series.
                static_cast<void>(measure_stack(slice->grid, {slice->position_mm}));
                std::vector<Series>& stacks = by_uid[slice->series_uid];
                auto stack = std::find_if(stacks.begin(), stacks.end(), [&](const Series& s) {
                    return same_grid(s.slices.front().grid, slice->grid);
                });
                if (stack == stacks.end()) stack = stacks.insert(stacks.end(), Series{});
                stack->slices.push_back(std::move(*slice));
            }
        } catch (const Error& error) {
            scan.left_out.push_back(
                fmt::format("{}: {}", paths[n].filename().string(), error.message()));
        }
        if (options.progress) options.progress("reading headers", n + 1, paths.size());
    }
    for (auto& [uid, stacks] : by_uid)
        for (Series& series : stacks) {
            measure(series);
            scan.series.push_back(std::move(series));
        }
    const auto key = [](const Series& series) {
        const std::string& text = series.summary.series_number;
        long number = 0;
        std::from_chars(text.data(), text.data() + text.size(), number);
        return std::tuple(number, series.summary.uid, -static_cast<long>(series.slices.size()));
    };
    std::stable_sort(scan.series.begin(), scan.series.end(),
                     [&](const Series& a, const Series& b) { return key(a) < key(b); });
    return scan;
}

StackOptions stack_options(const DicomSeries& series, const VolumeReadOptions& options) {
    return {series.thickness_mm, options.fill_missing, options.max_voxels};
}

/// The series to read; names all of them when that is not clear.
const Series& choose_series(const std::vector<Series>& all, const std::string& wanted) {
    std::vector<const Series*> candidates;
    for (std::size_t n = 0; n < all.size(); ++n)
        if (wanted == std::to_string(n + 1)) return all[n];
    for (const Series& series : all)
        if (wanted.empty() ? all.size() == 1 || series.summary.not_hu.empty()
                           : series.summary.uid == wanted)
            candidates.push_back(&series);
    if (candidates.size() == 1) return *candidates[0];
    std::string list;
    constexpr std::size_t most_named = 10;  // a message, not a catalogue
    for (std::size_t n = 0; n < std::min(all.size(), most_named); ++n)
        list += fmt::format("{} {}: {} ({}, '{}', {} slice{})", n ? ";" : "", n + 1,
                            all[n].summary.uid, all[n].summary.modality, all[n].summary.description,
                            all[n].slices.size(), all[n].slices.size() == 1 ? "" : "s");
    if (wanted.empty())
        throw Error(
            ErrorCode::unsupported,
            fmt::format("holds {} series; choose one by its number or UID:{}", all.size(), list));
    throw Error(ErrorCode::usage,
                fmt::format("holds {} series '{}'; there are:{}",
                            candidates.empty() ? "no" : "several stacks of the", wanted, list));
}

std::string resampling_warning(const SliceStack& stack) {
    const StackGeometry& geometry = stack.geometry;
    int missing = 0;
    for (const SliceGap& gap : geometry.gaps)
        missing += gap.missing;
    return fmt::format(
        "{} slices unevenly spaced by {:.3f} to {:.3f} mm{} were resampled to {} planes every "
        "{:.3f} mm, linearly between neighbouring slices",
        geometry.heights_mm.size(), geometry.least_step_mm, geometry.largest_step_mm,
        missing ? fmt::format(", {} of them missing,", missing) : "", stack.volume.sizes[2],
        stack.volume.spacing_mm.z());
}

}  // namespace

DicomFolder list_dicom_series(const fs::path& folder, const VolumeReadOptions& options) {
    std::error_code failure;
    if (!fs::is_directory(folder, failure))
        throw Error(ErrorCode::io, "no such folder", folder.string());
    Scan scan = scan_folder(folder, options);
    DicomFolder result;
    for (Series& series : scan.series)
        result.series.push_back(std::move(series.summary));
    result.left_out = std::move(scan.left_out);
    return result;
}

std::string why_unreadable(const DicomSeries& series, const VolumeReadOptions& options) {
    if (!series.not_hu.empty() && !options.assume_hu) return "is not in HU: " + series.not_hu;
    const auto obstacle = stack_obstacle(series.stack, stack_options(series, options));
    return obstacle ? obstacle->message() : std::string();
}

CtReadResult read_dicom_folder(const fs::path& folder, const VolumeReadOptions& options) {
    const Scan scan = scan_folder(folder, options);
    if (scan.series.empty())
        throw Error(ErrorCode::invalid_file,
                    scan.left_out.empty()
                        ? std::string("holds no DICOM file of an image (with the mark DICM)")
                        : fmt::format("holds no readable DICOM slice ({})", scan.left_out[0]));
    const Series& series = choose_series(scan.series, options.series);
    const DicomSeries& summary = series.summary;
    if (!options.assume_hu && !summary.not_hu.empty())
        throw Error(ErrorCode::unsupported, "is not in HU: " + summary.not_hu,
                    summary.paths.front().string());

    CtReadResult result;
    if (!scan.left_out.empty())
        result.warnings.push_back(fmt::format("{} DICOM file{} left out ({})", scan.left_out.size(),
                                              scan.left_out.size() == 1 ? "" : "s",
                                              scan.left_out[0]));
    if (options.series.empty() && scan.series.size() > 1)
        result.warnings.push_back(fmt::format("{} other series passed over, which {} not CT in HU",
                                              scan.series.size() - 1,
                                              scan.series.size() == 2 ? "is" : "are"));
    SliceStack stack = plan_stack(summary.grid, summary.stack, stack_options(summary, options));
    for (std::size_t s = 0; s < series.slices.size(); ++s) {
        place_slice(stack, s, summary.grid, read_slice_hu(series.slices[s]));
        if (options.progress) options.progress("reading slices", s + 1, series.slices.size());
    }
    if (stack.resampled) result.warnings.push_back(resampling_warning(stack));
    result.volume = std::move(stack.volume);
    result.shear = summary.stack.shear;
    result.source =
        fmt::format("DICOM series {} '{}', {} slice{}", summary.uid, summary.description,
                    series.slices.size(), series.slices.size() == 1 ? "" : "s");
    return result;
}

}  // namespace drr
