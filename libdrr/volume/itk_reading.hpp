#pragma once

#include <drr/core/error.hpp>

// ITK brings an older Eigen of its own under the same include guards. Its templates compile as well
// with ours, so its header that chooses is answered before it is read.
#define itk_eigen_h
#define ITK_EIGEN(header) <Eigen/header>

#include <Eigen/SVD>
#include <itkImageIOBase.h>

#include <filesystem>
#include <string>
#include <vector>

namespace drr {

/// The line of a message of ITK's that says what is wrong, without the place in ITK's sources.
[[nodiscard]] std::string first_line(const std::string& text);

/// Runs ITK code on a file and turns whatever it throws into an Error that names the file.
template <class Body>
auto with_itk(const std::filesystem::path& path, const Body& body) {
    try {
        return body();
    } catch (const Error& error) {
        if (error.context().empty()) throw Error(error.code(), error.message(), path.string());
        throw;
    } catch (const itk::ExceptionObject& error) {
        throw Error(ErrorCode::invalid_file, first_line(error.GetDescription()), path.string());
    } catch (const std::exception& error) {  // GDCM, NRRD, or memory for what a header declares
        throw Error(ErrorCode::invalid_file, first_line(error.what()), path.string());
    }
}

/// All pixels of an ImageIO whose header was read and checked, as floats. Throws Error(unsupported)
/// for voxels that are no plain numbers, Error(invalid_file) for NaN.
[[nodiscard]] std::vector<float> read_pixels(itk::ImageIOBase& io);

/// ITK and GDCM would write their warnings to the process's standard error.
void silence_itk();

}  // namespace drr
