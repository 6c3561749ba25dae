#include "dicom_writer.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/geometry/rigid3.hpp>
#include <drr/volume/ct_volume.hpp>
#include <drr/volume/slice_stack.hpp>
#include <drr/volume/volume_io.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

using drr::CtVolume;
using drr::Error;
using drr::ErrorCode;
using Eigen::Matrix3d;
using Eigen::Vector2d;
using Eigen::Vector3d;

/// Checks that `body` throws an Error of this code whose text contains `part`.
template <class Body>
void check_error(ErrorCode code, const std::string& part, const Body& body) {
    try {
        body();
        BOOST_ERROR("no error was thrown; expected one with '" << part << "'");
    } catch (const Error& error) {
        BOOST_TEST(drr::name_of(error.code()) == drr::name_of(code));
        BOOST_TEST(std::string(error.what()).find(part) != std::string::npos,
                   "'" << error.what() << "' lacks '" << part << "'");
    }
}

/// A smooth object in the world, HU: a wide blob off every axis of symmetry.
double blob_hu(const Vector3d& point_mm) {
    const Vector3d d = point_mm - Vector3d(3.0, -5.0, 8.0);
    return -1000.0 + 1400.0 * std::exp(-0.5 * (d.x() * d.x() / 100.0 + d.y() * d.y() / 196.0 +
                                               d.z() * d.z() / 144.0));
}

/// Writes slices of the blob that step by `step_mm` from `first_mm`, in scrambled file order.
void write_blob_series(const std::filesystem::path& folder, const Vector3d& first_mm,
                       const Vector3d& step_mm, const Matrix3d& axes, int count,
                       test::DicomSlice slice = {}, int left_out = -1) {
    slice.columns = 48;
    slice.rows = 40;
    slice.spacing_mm = {1.5, 2.0};
    slice.i_axis = axes.col(0);
    slice.j_axis = axes.col(1);
    for (int k = 0; k < count; ++k) {
        if (k == left_out) continue;
        slice.position_mm = first_mm + k * step_mm;
        slice.stored.clear();
        for (int j = 0; j < slice.rows; ++j)
            for (int i = 0; i < slice.columns; ++i)
                slice.stored.push_back(static_cast<std::int16_t>(std::lround(
                    (blob_hu(slice.position_mm + 1.5 * i * axes.col(0) + 2.0 * j * axes.col(1)) -
                     slice.intercept) /
                    slice.slope)));
        write_dicom(folder / ("f" + std::to_string((k * 7) % 31) + slice.series_uid.back()), slice);
    }
}

/// The largest difference between a volume and the blob where the slices really were.
double worst_difference_hu(const CtVolume& volume, double least_hu) {
    double worst = 0.0;
    for (int k = 0; k < volume.sizes[2]; ++k)
        for (int j = 0; j < volume.sizes[1]; ++j)
            for (int i = 0; i < volume.sizes[0]; ++i) {
                const double expected = blob_hu(volume.world_from_index(Vector3d(i, j, k)));
                if (expected > least_hu)
                    worst = std::max(worst, std::abs(expected - double(volume.at(i, j, k))));
            }
    return worst;
}

std::string meta_image(const std::string& type, const std::string& data,
                       const std::string& size = "2 3 2") {
    return "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
           "TransformMatrix = 0 1 0 -1 0 0 0 0 1\nOffset = 10 20 30\nElementSpacing = 1 2 3\n"
           "DimSize = " +
           size + "\nElementType = " + type + "\nElementDataFile = LOCAL\n" + data;
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(index_and_world_are_inverse) {
    const Matrix3d turn = drr::rotation_from_vector({0.3, -0.8, 1.1}).toRotationMatrix();
    const CtVolume volume{{{4, 5, 6}, Vector3d(0.5, 0.7, 2.0), Vector3d(-10, 20, 5), turn}, {}};
    BOOST_TEST((volume.world_from_index(Vector3d::Zero()) - volume.origin_mm).norm() == 0.0);
    const Vector3d index(1.25, 3.0, -2.0);
    // Rounding of double over a few products.
    BOOST_TEST((volume.index_from_world(volume.world_from_index(index)) - index).norm() < 1e-12);
    BOOST_TEST(
        (volume.world_from_index(Vector3d(0, 1, 0)) - volume.origin_mm - 0.7 * turn.col(1)).norm() <
        1e-12);
    BOOST_TEST(
        (volume.index_from_world(volume.centre_in_world_mm()) - Vector3d(1.5, 2.0, 2.5)).norm() <
        1e-12);
}

BOOST_AUTO_TEST_CASE(invalid_volumes_are_refused) {
    CtVolume volume{{{1, 1, 2}}, {0, 0}};
    volume.validate();
    volume.hu.pop_back();
    check_error(ErrorCode::usage, "holds 1 values", [&] { volume.validate(); });
    volume.hu.push_back(0);
    volume.direction(0, 1) = 0.1;
    check_error(ErrorCode::usage, "right angles", [&] { volume.validate(); });
}

// HU are stored as whole numbers; reading adds nothing to that rounding.
constexpr double rounding_hu = 0.51;

BOOST_AUTO_TEST_CASE(dicom_series_keeps_oblique_axes_whatever_the_file_order) {
    const test::TemporaryFolder folder;
    const Matrix3d axes = drr::rotation_from_vector({0.2, 0.5, -0.3}).toRotationMatrix();
    const Vector3d first = Vector3d(3, -5, 8) - axes * Vector3d(35, 39, 30);
    write_blob_series(folder.path(), first, 2.5 * axes.col(2), axes, 25);
    drr::write_file(folder.path() / "README.txt", "not DICOM");
    const drr::CtReadResult result = drr::read_ct(folder.path());
    BOOST_TEST((result.volume.sizes == std::array<int, 3>{48, 40, 25}));
    BOOST_TEST((result.volume.spacing_mm - Vector3d(1.5, 2.0, 2.5)).norm() < 1e-6);
    BOOST_TEST((result.volume.direction - axes).norm() < 1e-6);
    BOOST_TEST((result.volume.origin_mm - first).norm() < 1e-6);
    BOOST_TEST(result.shear.norm() == 0.0);
    BOOST_TEST(result.warnings.empty());
    BOOST_TEST(worst_difference_hu(result.volume, -1000.0) < rounding_hu);
}

// Stacking the other way round only renumbers the slices.
BOOST_AUTO_TEST_CASE(dicom_series_against_the_normal_is_turned_round) {
    const test::TemporaryFolder folder;
    const Vector3d last = Vector3d(3, -5, 8) + Vector3d(-35, -39, 30);
    write_blob_series(folder.path(), last, Vector3d(0, 0, -2.5), Matrix3d::Identity(), 25);
    const CtVolume volume = drr::read_ct(folder.path()).volume;
    BOOST_TEST(volume.spacing_mm.z() == 2.5, boost::test_tools::tolerance(1e-9));
    BOOST_TEST(worst_difference_hu(volume, -1000.0) < rounding_hu);
}

// Both signs of the tilt: ignoring the shear or taking the wrong sign moves the blob by up to 11 mm
// at the ends of the stack, where it differs by hundreds of HU.
BOOST_AUTO_TEST_CASE(gantry_tilt_is_honoured) {
    for (const double tilt_rad : {0.28, -0.28}) {
        const test::TemporaryFolder folder;
        const Matrix3d axes = drr::rotation_from_vector({tilt_rad, 0, 0}).toRotationMatrix();
        // The table moves along z while slices lie at right angles to the tilted axis.
        const Vector3d step(0, 0, 2.5);
        const Vector3d first = Vector3d(3, -5, 8) - 12 * step - axes * Vector3d(35, 39, 0);
        write_blob_series(folder.path(), first, step, axes, 25);
        const drr::CtReadResult result = drr::read_ct(folder.path());
        BOOST_TEST(result.volume.spacing_mm.z() == 2.5 * std::cos(tilt_rad),
                   boost::test_tools::tolerance(1e-6));
        BOOST_TEST(result.shear.y() == std::tan(tilt_rad), boost::test_tools::tolerance(1e-6));
        BOOST_TEST(result.shear.x() == 0.0, boost::test_tools::tolerance(1e-6));
        // Linear interpolation at 2 mm: h^2 / 8 times the blob's curvature 1400 / 196 per mm2,
        // that is 3.6 HU, and the rounding.
        BOOST_TEST(worst_difference_hu(result.volume, -600.0) < 3.6 + rounding_hu);
    }
}

BOOST_AUTO_TEST_CASE(missing_slices_are_an_error_that_says_where) {
    const test::TemporaryFolder folder;
    write_blob_series(folder.path(), Vector3d::Zero(), Vector3d(0, 0, 2.5), Matrix3d::Identity(), 9,
                      {}, 4);
    check_error(ErrorCode::unsupported,
                "1 slice is missing where the spacing is 2.500 mm: 1 between 7.50 and 12.50 mm "
                "along the normal (0, 0, 1)",
                [&] { drr::read_ct(folder.path()); });
    drr::VolumeReadOptions options;
    options.fill_missing = true;
    const drr::CtReadResult result = drr::read_ct(folder.path(), options);
    const CtVolume& volume = result.volume;
    BOOST_TEST((volume.sizes == std::array<int, 3>{48, 40, 9}));
    BOOST_TEST(volume.spacing_mm.z() == 2.5, boost::test_tools::tolerance(1e-9));
    BOOST_REQUIRE_EQUAL(result.warnings.size(), 1U);
    BOOST_TEST(result.warnings[0] ==
               "8 slices unevenly spaced by 2.500 to 5.000 mm, 1 of them missing, were resampled "
               "to 9 planes every 2.500 mm, linearly between neighbouring slices");
    // The mean of its neighbours, halves of whole numbers; the other slices are untouched.
    for (int j = 0; j < 40; ++j)
        for (int i = 0; i < 48; ++i)
            BOOST_REQUIRE_EQUAL(volume.at(i, j, 4),
                                0.5F * (volume.at(i, j, 3) + volume.at(i, j, 5)));
    BOOST_TEST(std::abs(double(volume.at(20, 20, 5)) -
                        blob_hu(volume.world_from_index(Vector3d(20, 20, 5)))) < rounding_hu);
}

BOOST_AUTO_TEST_CASE(several_series_must_be_chosen_from) {
    const test::TemporaryFolder folder;
    test::DicomSlice second;
    second.series_uid = "1.2.3.5";
    second.slope = 2.0;
    const Vector3d step(0, 0, 2.5);
    write_blob_series(folder.path(), Vector3d::Zero(), step, Matrix3d::Identity(), 5);
    write_blob_series(folder.path(), Vector3d::Zero(), step, Matrix3d::Identity(), 8, second);
    check_error(ErrorCode::unsupported, "2: 1.2.3.5 (CT, '', 8 slices)",
                [&] { drr::read_ct(folder.path()); });
    drr::VolumeReadOptions options;
    options.series = "1.2.3.5";
    const CtVolume volume = drr::read_ct(folder.path(), options).volume;
    BOOST_TEST(volume.sizes[2] == 8);
    // A slope of 2 leaves steps of 2 HU.
    BOOST_TEST(worst_difference_hu(volume, -1000.0) < 2.0 * rounding_hu);
    options.series = "2";
    BOOST_TEST(drr::read_ct(folder.path(), options).volume.sizes[2] == 8);
    options.series = "1";
    BOOST_TEST(drr::read_ct(folder.path(), options).volume.sizes[2] == 5);
    options.series = "9.9";
    check_error(ErrorCode::usage, "no series '9.9'", [&] { drr::read_ct(folder.path(), options); });
}

BOOST_AUTO_TEST_CASE(dicom_of_another_modality_needs_the_flag) {
    const test::TemporaryFolder folder;
    test::DicomSlice slice;
    slice.modality = "MR";
    write_blob_series(folder.path(), Vector3d::Zero(), Vector3d(0, 0, 2.5), Matrix3d::Identity(), 4,
                      slice);
    check_error(ErrorCode::unsupported, "expected Modality CT",
                [&] { drr::read_ct(folder.path()); });
    drr::VolumeReadOptions options;
    options.assume_hu = true;
    BOOST_TEST(drr::read_ct(folder.path(), options).volume.sizes[2] == 4);
}

// Every prefix of a good file is an error or, where only padding is lost, a volume.
BOOST_AUTO_TEST_CASE(truncated_dicom_is_an_error) {
    const test::TemporaryFolder folder, cut;
    write_blob_series(folder.path(), Vector3d::Zero(), Vector3d::UnitZ(), Matrix3d::Identity(), 1);
    const auto file = std::filesystem::directory_iterator(folder.path())->path();
    const std::string bytes = drr::read_text_file(file);
    for (std::size_t size = 0; size < bytes.size(); size += size < 1000 ? 13 : 701) {
        drr::write_file(cut.path() / "slice", bytes.substr(0, size));
        BOOST_CHECK_THROW(drr::read_ct(cut.path()), Error);
    }
}

BOOST_AUTO_TEST_CASE(meta_image_keeps_its_geometry) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "ct.mha";
    std::vector<std::int16_t> values{-1000, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    drr::write_file(path, meta_image("MET_SHORT", bytes_of(values)));
    const CtVolume volume = drr::read_ct(path).volume;
    BOOST_TEST((volume.sizes == std::array<int, 3>{2, 3, 2}));
    // MetaImage lists the axis of i first, then of j and k.
    BOOST_TEST((volume.direction.col(0) - Vector3d(0, 1, 0)).norm() < 1e-12);
    BOOST_TEST((volume.direction.col(1) - Vector3d(-1, 0, 0)).norm() < 1e-12);
    BOOST_TEST((volume.world_from_index(Vector3d(1, 1, 1)) - Vector3d(8, 21, 33)).norm() < 1e-12);
    BOOST_TEST(volume.at(1, 2, 1) == 10.0F);
    BOOST_TEST(volume.at(1, 0, 0) == 0.0F);
}

BOOST_AUTO_TEST_CASE(values_that_are_no_hu_are_refused) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.mha";
    drr::write_file(path, meta_image("MET_UCHAR", std::string(12, '\x80')));
    check_error(ErrorCode::unsupported, "not in HU", [&] { drr::read_ct(path); });
    drr::VolumeReadOptions options;
    options.assume_hu = true;
    BOOST_TEST(drr::read_ct(path, options).volume.at(0, 0, 0) == 128.0F);
    std::vector<float> values(12, -1000.0F);
    values[5] = std::nanf("");
    drr::write_file(path, meta_image("MET_FLOAT", bytes_of(values)));
    check_error(ErrorCode::invalid_file, "NaN", [&] { drr::read_ct(path); });
}

BOOST_AUTO_TEST_CASE(headers_that_lie_are_refused_before_allocating) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "a.mha";
    drr::write_file(path, meta_image("MET_SHORT", "", "60000 60000 60000"));
    check_error(ErrorCode::unsupported, "the limit is", [&] { drr::read_ct(path); });
    drr::write_file(path, meta_image("MET_SHORT", "", "600 600 600"));
    check_error(ErrorCode::invalid_file, "can hold", [&] { drr::read_ct(path); });
    drr::write_file(path, meta_image("MET_SHORT", std::string(10, ' ')));
    check_error(ErrorCode::invalid_file, "a.mha", [&] { drr::read_ct(path); });
}

BOOST_AUTO_TEST_CASE(unknown_paths_and_formats) {
    const test::TemporaryFolder folder;
    check_error(ErrorCode::io, "no such file", [&] { drr::read_ct(folder.path() / "none"); });
    check_error(ErrorCode::invalid_file, "no DICOM file of an image",
                [&] { drr::read_ct(folder.path()); });
    drr::write_file(folder.path() / "x.tif", "II");
    check_error(ErrorCode::unsupported, "expected a folder of DICOM",
                [&] { drr::read_ct(folder.path() / "x.tif"); });
}
BOOST_AUTO_TEST_CASE(a_written_volume_reads_back_where_it_was) {
    const test::TemporaryFolder folder;
    const auto path = folder.path() / "oblique.mha";
    CtVolume volume{{{3, 4, 5}, {0.3, 1.7, 2.5}, {-10.123456789, 1.0 / 3.0, 7e3}}, {}};
    // handed as a mirror, so that rows and columns cannot be mistaken for each other
    volume.direction = drr::rotation_from_vector({0.3, -0.2, 0.9}).toRotationMatrix();
    volume.direction.col(2) *= -1.0;
    for (std::size_t n = 0; n < volume.voxel_count(); ++n)
        volume.hu.push_back(-1000.0F + 1234.56789F * static_cast<float>(n * n));
    write_ct(path, volume);
    const CtVolume back = drr::read_ct(path).volume;
    BOOST_TEST((back.sizes == volume.sizes));
    BOOST_TEST((back.hu == volume.hu));
    // ITK computes with what it reads of the text
    constexpr double rounding = 1e-12;
    BOOST_TEST((back.spacing_mm - volume.spacing_mm).norm() < rounding);
    BOOST_TEST((back.origin_mm - volume.origin_mm).norm() < 1e3 * rounding);
    BOOST_TEST((back.direction - volume.direction).norm() < rounding);
    check_error(ErrorCode::usage, ".mha", [&] { write_ct(folder.path() / "a.nrrd", volume); });
    check_error(ErrorCode::io, "cannot be written",
                [&] { write_ct(folder.path() / "absent" / "a.mha", volume); });
    volume.hu.pop_back();
    check_error(ErrorCode::usage, "values", [&] { write_ct(path, volume); });
}
