#include "dicom_writer.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/volume/dicom_series.hpp>
#include <drr/volume/volume_io.hpp>

#include <algorithm>
#include <string>

namespace {

namespace fs = std::filesystem;
using namespace drr;
using Eigen::Vector3d;

/// Slices of 3 x 2 pixels that hold their number, as it is stored, from z = 0 every 2 mm.
void write_series(const fs::path& folder, test::DicomSlice slice, int count,
                  const std::string& name) {
    slice.columns = 3;
    slice.rows = 2;
    for (int n = 0; n < count; ++n) {
        slice.position_mm.z() = 2.0 * n;
        slice.stored.assign(6, static_cast<std::int16_t>(n));
        write_dicom(folder / (name + std::to_string(n)), slice);
    }
}

bool is_an_error(const std::string& part, const fs::path& folder,
                 const VolumeReadOptions& options = {}) {
    try {
        read_ct(folder, options);
    } catch (const Error& error) {
        return std::string(error.what()).find(part) != std::string::npos;
    }
    return false;
}

float value_of(const test::DicomSlice& slice) {
    const test::TemporaryFolder folder;
    write_dicom(folder.path() / "slice", slice);
    VolumeReadOptions options;
    options.assume_hu = true;
    test::DicomSlice second = slice;
    second.position_mm.z() += 1.0;
    write_dicom(folder.path() / "second", second);
    return read_ct(folder.path(), options).volume.hu[0];
}

test::DicomSlice one_pixel(std::int16_t stored) {
    test::DicomSlice slice;
    slice.columns = slice.rows = 1;
    slice.stored = {stored};
    return slice;
}

}  // namespace

BOOST_AUTO_TEST_CASE(series_are_listed_with_what_they_are) {
    const test::TemporaryFolder folder;
    test::DicomSlice axial, localizer, mr, raw;
    axial.series_uid = localizer.series_uid = "1.9";
    axial.series_number = localizer.series_number = "12";
    axial.description = "Chest";
    localizer.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER";
    localizer.i_axis = Vector3d::UnitY();
    localizer.j_axis = -Vector3d::UnitZ();
    mr.series_uid = "1.1";
    mr.series_number = "3";
    mr.modality = "MR";
    raw.series_uid = "1.2";
    raw.series_number = "100";
    raw.has_rescale = false;
    write_series(folder.path(), axial, 5, "a");
    write_series(folder.path(), localizer, 1, "l");
    write_series(folder.path(), mr, 4, "m");
    write_series(folder.path(), raw, 2, "r");
    write_file(folder.path() / "notes.txt", "not DICOM");
    write_file(folder.path() / "broken", std::string(128, '\0') + "DICM" + "rubbish");

    const DicomFolder list = list_dicom_series(folder.path());
    BOOST_REQUIRE_EQUAL(list.series.size(), 4U);
    BOOST_TEST(list.series[0].uid == "1.1");  // numbers are numbers: 3, 12, 12, 100
    BOOST_TEST(list.series[0].not_hu == "expected Modality CT, found 'MR'");
    const DicomSeries& chest = list.series[1];
    BOOST_TEST(chest.uid == "1.9");
    BOOST_TEST(chest.description == "Chest");
    BOOST_TEST(chest.series_number == "12");
    BOOST_TEST(chest.not_hu.empty());
    BOOST_TEST(chest.paths.size() == 5U);
    BOOST_TEST(chest.paths[3].filename() == "a3");
    BOOST_TEST(chest.grid.columns == 3);
    BOOST_TEST(chest.stack.median_step_mm == 2.0);
    BOOST_TEST(why_unreadable(chest).empty());
    BOOST_TEST(list.series[2].uid == "1.9");
    BOOST_TEST(list.series[2].not_hu == "it is a localizer, a projection");
    BOOST_TEST(list.series[2].paths.size() == 1U);
    BOOST_TEST(list.series[3].not_hu == "expected a rescale slope and intercept, found none");
    BOOST_TEST(why_unreadable(list.series[3]).find("is not in HU") == 0U);
    VolumeReadOptions assume;
    assume.assume_hu = true;
    BOOST_TEST(why_unreadable(list.series[3], assume).empty());
    BOOST_REQUIRE_EQUAL(list.left_out.size(), 1U);
    BOOST_TEST(list.left_out[0].find("broken: malformed DICOM") == 0U);

    // The only CT in HU needs no choice; a UID that names two stacks does not choose.
    const CtReadResult ct = read_ct(folder.path());
    BOOST_TEST(ct.volume.sizes[2] == 5);
    BOOST_REQUIRE_EQUAL(ct.warnings.size(), 2U);
    BOOST_TEST(ct.warnings[1] == "3 other series passed over, which are not CT in HU");
    VolumeReadOptions options;
    options.series = "1.9";
    BOOST_TEST(is_an_error("several stacks of the series '1.9'", folder.path(), options));
    options.series = "2";
    BOOST_TEST(read_ct(folder.path(), options).warnings.size() == 1U);
    options.series = "3";
    BOOST_TEST(is_an_error("localizer", folder.path(), options));
    options.series = "5";
    BOOST_TEST(is_an_error("no series '5'", folder.path(), options));
}

BOOST_AUTO_TEST_CASE(each_slice_has_its_own_rescale) {
    const test::TemporaryFolder folder;
    test::DicomSlice slice = one_pixel(100);
    const double slopes[] = {1.0, 2.0, 0.5, 1.25};
    const double intercepts[] = {-1024.0, 0.0, -1000.5, 10.25};
    for (int n = 0; n < 4; ++n) {
        slice.position_mm.z() = n;
        slice.slope = slopes[n];
        slice.intercept = intercepts[n];
        write_dicom(folder.path() / std::to_string(n), slice);
    }
    const CtVolume volume = read_ct(folder.path()).volume;
    for (int n = 0; n < 4; ++n)
        BOOST_TEST(volume.at(0, 0, n) == float(100.0 * slopes[n] + intercepts[n]));
}

BOOST_AUTO_TEST_CASE(pixel_representation_is_honoured) {
    test::DicomSlice slice = one_pixel(-100);
    BOOST_TEST(value_of(slice) == -1124.0F);
    slice.is_signed = false;  // the same bits are 65436
    BOOST_TEST(value_of(slice) == 64412.0F);
    slice.intercept = -65436.0;
    BOOST_TEST(value_of(slice) == 0.0F);
}

BOOST_AUTO_TEST_CASE(padding_is_air) {
    test::DicomSlice slice = one_pixel(-2000);
    slice.intercept = 0.0;
    BOOST_TEST(value_of(slice) == -2000.0F);
    slice.padding = std::int16_t{-2000};
    BOOST_TEST(value_of(slice) == -1000.0F);
    slice.padding = std::int16_t{-1999};
    BOOST_TEST(value_of(slice) == -2000.0F);
    slice.padding_limit = std::int16_t{-3000};  // either end may be the lower one
    BOOST_TEST(value_of(slice) == -1000.0F);
    slice.stored = {0x7000};  // some pad with high values, which would be metal
    slice.padding = std::int16_t{0x7000};
    slice.padding_limit.reset();
    slice.slope = -0.5;
    BOOST_TEST(value_of(slice) == -1000.0F);
    slice.is_signed = false;
    slice.stored = {std::int16_t(-2000)};  // 63536
    slice.padding = std::int16_t(-2000);
    BOOST_TEST(value_of(slice) == -1000.0F);
}

BOOST_AUTO_TEST_CASE(a_rescale_to_another_unit_is_refused) {
    const test::TemporaryFolder folder;
    test::DicomSlice slice;
    slice.rescale_type = "US";
    write_series(folder.path(), slice, 3, "a");
    BOOST_TEST(is_an_error("expected RescaleType HU, found 'US'", folder.path()));
    slice.rescale_type = "HU";
    write_series(folder.path(), slice, 3, "a");
    BOOST_TEST(read_ct(folder.path()).volume.sizes[2] == 3);
    slice.slope = 0.0;
    write_series(folder.path(), slice, 3, "a");
    BOOST_TEST(is_an_error("RescaleSlope", folder.path()));
}

// Slices of another size within one series, as reformats leave them, are a stack of their own.
BOOST_AUTO_TEST_CASE(one_uid_with_two_sizes_is_two_series) {
    const test::TemporaryFolder folder;
    test::DicomSlice slice;
    write_series(folder.path(), slice, 4, "a");
    slice.spacing_mm *= 2.0;
    write_series(folder.path(), slice, 6, "b");
    const DicomFolder list = list_dicom_series(folder.path());
    BOOST_REQUIRE_EQUAL(list.series.size(), 2U);
    BOOST_TEST(list.series[0].paths.size() == 6U);  // most slices first
    BOOST_TEST(is_an_error("choose one by its number or UID", folder.path()));
    VolumeReadOptions options;
    options.series = "2";
    BOOST_TEST(read_ct(folder.path(), options).volume.sizes[2] == 4);
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_none) {
    const test::TemporaryFolder folder;
    BOOST_CHECK_THROW((void)list_dicom_series(folder.path() / "none"), Error);
    BOOST_TEST(list_dicom_series(folder.path()).series.empty());
}
