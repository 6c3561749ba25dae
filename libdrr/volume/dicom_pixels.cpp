#include "dicom_pixels.hpp"

#include "itk_reading.hpp"

#include <itkGDCMImageIO.h>

#include <cmath>

namespace drr {

std::vector<float> read_dicom_pixels(const std::filesystem::path& path, double slope,
                                     double intercept) {
    silence_itk();
    return with_itk(path, [&] {
        const auto io = itk::GDCMImageIO::New();
        io->SetFileName(path.string());
        io->ReadImageInformation();
        std::vector<float> values = read_pixels(*io);
        // GDCM applies the rescale to the kinds of image that it expects one in.
        const double gdcm_slope = io->GetRescaleSlope();
        const double gdcm_intercept = io->GetRescaleIntercept();
        constexpr double text_rounding = 1e-6;
        if (std::abs(gdcm_slope - slope) > text_rounding * std::abs(slope) ||
            std::abs(gdcm_intercept - intercept) > text_rounding)
            for (float& value : values)
                value = static_cast<float>(
                    slope * (static_cast<double>(value) - gdcm_intercept) / gdcm_slope + intercept);
        return values;
    });
}

}  // namespace drr
