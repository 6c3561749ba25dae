// Float images of ours read by ITK, and ITK's read by us: pixels, origin, spacing.
#include "test.hpp"

#include <drr/imaging/float_image_io.hpp>

// ITK's copy of Eigen's eigenvalues needs what Eigen's own header defines.
#include <Eigen/Eigenvalues>
#include <itkImageFileReader.h>
#include <itkImageFileWriter.h>
#include <itkMetaImageIO.h>
#include <itkNrrdImageIO.h>

using drr::DetectorImage;

namespace {

using ItkImage = itk::Image<float, 2>;

void check(itk::ImageIOBase* io, const std::string& extension) {
    const test::TemporaryFolder folder;
    DetectorImage image{drr::Image<float>(5, 3), {-14.3, 2.25}, {0.8, 0.25}};
    for (std::size_t n = 0; n < image.pixels.size(); ++n)
        image.pixels.pixels()[n] = 0.1F * static_cast<float>(n);
    const auto ours = folder.path() / ("ours" + extension);
    drr::write_float_image(ours, image);

    const auto reader = itk::ImageFileReader<ItkImage>::New();
    reader->SetImageIO(io);
    reader->SetFileName(ours.string());
    reader->Update();
    const ItkImage& read = *reader->GetOutput();
    BOOST_TEST((read.GetLargestPossibleRegion().GetSize() == itk::Size<2>{{5, 3}}));
    for (unsigned axis = 0; axis < 2; ++axis) {
        BOOST_TEST(read.GetOrigin()[axis] == image.origin_mm[axis]);
        BOOST_TEST(read.GetSpacing()[axis] == image.spacing_mm[axis]);
    }
    BOOST_TEST(read.GetPixel({{4, 1}}) == image.pixels(4, 1));

    const auto theirs = folder.path() / ("theirs" + extension);
    const auto writer = itk::ImageFileWriter<ItkImage>::New();
    writer->SetImageIO(io);
    writer->SetFileName(theirs.string());
    writer->SetInput(&read);
    writer->Update();
    const DetectorImage back = drr::read_float_image(theirs);
    BOOST_TEST((back.pixels == image.pixels));
    BOOST_TEST((back.origin_mm == image.origin_mm));
    BOOST_TEST((back.spacing_mm == image.spacing_mm));
}

}  // namespace

BOOST_AUTO_TEST_CASE(meta_image) {
    check(itk::MetaImageIO::New(), ".mha");
}

BOOST_AUTO_TEST_CASE(nrrd) {
    check(itk::NrrdImageIO::New(), ".nrrd");
}
