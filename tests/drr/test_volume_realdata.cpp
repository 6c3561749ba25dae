#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/volume/dicom_series.hpp>
#include <drr/volume/volume_io.hpp>

#include <Eigen/Geometry>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace {

namespace fs = std::filesystem;
using drr::CtVolume;
using drr::Error;
using Eigen::Vector3d;

/// Unpacks one of the CT archives.
void unpack(const std::string& name, const fs::path& folder) {
    const std::string command =
        "tar -xf '" + (test::realdata() / "ct" / name).string() + "' -C '" + folder.string() + "'";
    BOOST_REQUIRE_EQUAL(std::system(command.c_str()), 0);
}

using Points = std::vector<Vector3d>;

/// Where lines along the grid's axes cross `level_hu`, by linear interpolation.
Points surface_points(const CtVolume& volume, float level_hu) {
    Points points;
    for (int k = 0; k + 1 < volume.sizes[2]; ++k)
        for (int j = 0; j + 1 < volume.sizes[1]; ++j)
            for (int i = 0; i + 1 < volume.sizes[0]; ++i) {
                const float here = volume.at(i, j, k) - level_hu;
                for (int axis = 0; axis < 3; ++axis) {
                    const float there =
                        volume.at(i + (axis == 0), j + (axis == 1), k + (axis == 2)) - level_hu;
                    if ((here < 0.0F) == (there < 0.0F)) continue;
                    Vector3d index(i, j, k);
                    index[axis] += double(here / (here - there));
                    points.push_back(volume.world_from_index(index));
                }
            }
    return points;
}

/// Every n-th point so that about `count` are left.
Points thinned(const Points& points, std::size_t count) {
    Points few;
    const std::size_t step = std::max<std::size_t>(1, points.size() / count);
    for (std::size_t n = 0; n < points.size(); n += step)
        few.push_back(points[n]);
    return few;
}

/// Nearest neighbours by cells of 4 mm.
class NearestPoint {
  public:
    explicit NearestPoint(const Points& points) {
        low_ = high_ = points[0];
        for (const auto& p : points)
            low_ = low_.cwiseMin(p), high_ = high_.cwiseMax(p);
        size_ = ((high_ - low_) / cell_mm).cast<int>() + Eigen::Vector3i::Ones();
        cells_.resize(std::size_t(size_.prod()));
        for (const auto& p : points)
            cells_[at(cell(p))].push_back(p);
    }
    /// The nearest point, looked for within one cell; false when there is none.
    bool find(const Vector3d& p, Vector3d& nearest) const {
        double best = std::numeric_limits<double>::infinity();
        const Eigen::Vector3i c = cell(p);
        for (int z = c.z() - 1; z <= c.z() + 1; ++z)
            for (int y = c.y() - 1; y <= c.y() + 1; ++y)
                for (int x = c.x() - 1; x <= c.x() + 1; ++x) {
                    const Eigen::Vector3i n(x, y, z);
                    if (n.minCoeff() < 0 || (size_ - n).minCoeff() < 1) continue;
                    for (const auto& q : cells_[at(n)])
                        if ((q - p).squaredNorm() < best) best = (q - p).squaredNorm(), nearest = q;
                }
        return std::isfinite(best);
    }

  private:
    static constexpr double cell_mm = 4.0;
    Eigen::Vector3i cell(const Vector3d& p) const {
        return ((p - low_) / cell_mm).array().floor().matrix().cast<int>();
    }
    std::size_t at(const Eigen::Vector3i& c) const {
        return std::size_t(c.x() + size_.x() * (c.y() + size_.y() * c.z()));
    }
    Vector3d low_, high_;
    Eigen::Vector3i size_;
    std::vector<Points> cells_;
};

/// Median distance of `moving` to `fixed` after an iterated closest-point fit from where the
/// scanner put them.
double median_after_fit_mm(Points moving, const NearestPoint& fixed) {
    constexpr int iterations = 40;
    std::vector<double> distances;
    for (int iteration = 0; iteration < iterations; ++iteration) {
        std::vector<std::pair<double, std::size_t>> order;
        Points nearest(moving.size());
        for (std::size_t n = 0; n < moving.size(); ++n)
            if (fixed.find(moving[n], nearest[n]))
                order.emplace_back((moving[n] - nearest[n]).norm(), n);
        std::sort(order.begin(), order.end());
        // Pairs beyond 80 % are taken for parts that only one scan holds.
        order.resize(order.size() * 8 / 10);
        Eigen::Matrix3Xd a(3, order.size()), b(3, order.size());
        distances.clear();
        for (std::size_t n = 0; n < order.size(); ++n) {
            a.col(Eigen::Index(n)) = moving[order[n].second];
            b.col(Eigen::Index(n)) = nearest[order[n].second];
            distances.push_back(order[n].first);
        }
        const Eigen::Matrix4d motion = Eigen::umeyama(a, b, false);
        for (auto& p : moving)
            p = (motion * p.homogeneous()).head<3>();
    }
    return distances[distances.size() / 2];
}

/// Reads and expects a volume or an Error, nothing else.
void read_or_error(const fs::path& path) {
    drr::VolumeReadOptions options;
    options.assume_hu = true;
    try {
        const auto result = drr::read_ct(path, options);
        BOOST_TEST(result.volume.voxel_count() > 0U);
    } catch (const Error& error) {
        BOOST_TEST(!error.message().empty());
        BOOST_TEST(drr::name_of(error.code()) != drr::name_of(drr::ErrorCode::internal));
    }
}

long peak_memory_mb() {
    struct rusage usage {};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss / 1024;
}

}  // namespace

// First, while the process is small. The largest of these files has 0.3 MB.
BOOST_AUTO_TEST_CASE(malformed_files_give_an_error_or_a_volume) {
    std::size_t count = 0;
    for (const char* kind : {"nrrd", "dicom"})
        for (const auto& entry : fs::directory_iterator(test::realdata() / "bad" / kind)) {
            ++count;
            if (kind == std::string("nrrd")) {
                read_or_error(entry.path());
                continue;
            }
            const test::TemporaryFolder folder;
            fs::copy_file(entry.path(), folder.path() / "slice.dcm");
            read_or_error(folder.path());
        }
    BOOST_TEST(count > 150U);
    // Declared lengths go to 4 GiB; the libraries themselves take some 25 MB.
    BOOST_TEST(peak_memory_mb() < 200);
}

BOOST_AUTO_TEST_CASE(truncated_volumes_are_errors) {
    const fs::path data = test::realdata();
    const test::TemporaryFolder folder;
    for (const char* name :
         {"orientation/adi_slice.nii.gz", "orientation/adi_slice.nrrd", "ct/chest-lung.mha"}) {
        const std::string bytes = drr::read_text_file(data / name);
        const fs::path cut = folder.path() / fs::path(name).filename();
        drr::VolumeReadOptions options;
        options.assume_hu = true;
        for (const double share : {0.0, 0.001, 0.3, 0.6}) {
            drr::write_file(cut, bytes.substr(0, std::size_t(share * double(bytes.size()))));
            BOOST_TEST_CONTEXT(name << " cut to " << share)
            BOOST_CHECK_THROW(drr::read_ct(cut, options), Error);
        }
    }
}

// The scan's file names are not in slice order; where the organs lie shows that order and axes are
// right.
BOOST_AUTO_TEST_CASE(chest_is_read_upright) {
    const test::TemporaryFolder folder;
    unpack("chest-lidc-0314.dicom.tar.xz", folder.path());
    const drr::CtReadResult result = drr::read_ct(folder.path());
    const CtVolume& volume = result.volume;
    BOOST_TEST((volume.sizes == std::array<int, 3>{512, 512, 138}));
    BOOST_TEST((volume.spacing_mm - Vector3d(0.78125, 0.78125, 2.0)).norm() < 1e-6);
    BOOST_TEST((volume.direction - Eigen::Matrix3d::Identity()).norm() < 1e-9);
    BOOST_TEST(result.shear.norm() == 0.0);

    // A wrong order of slices breaks the smooth run from slice to slice; in the right one the mean
    // HU of neighbours differs by a few percent of the whole range.
    std::vector<double> mean(138, 0.0);
    double total_above = 0.0;
    for (int k = 0; k < 138; ++k)
        for (int j = 128; j < 384; ++j)
            for (int i = 128; i < 384; ++i) {
                mean[std::size_t(k)] += double(volume.at(i, j, k)) / (256.0 * 256.0);
                if (k >= 69 && volume.at(i, j, k) > 1500.0F) total_above += 1.0;
            }
    const auto [low, high] = std::minmax_element(mean.begin(), mean.end());
    double largest_step = 0.0;
    for (std::size_t k = 1; k < mean.size(); ++k)
        largest_step = std::max(largest_step, std::abs(mean[k] - mean[k - 1]));
    BOOST_TEST(largest_step < 0.15 * (*high - *low));
    // The liver below the lungs: dense slices are inferior (small z).
    BOOST_TEST(mean.front() > mean[69]);
    // The spine is posterior (large y in LPS), the lungs' air is not.
    const auto bone = [&](int from_j, int to_j) {
        std::size_t count = 0;
        for (int k = 40; k < 100; ++k)
            for (int j = from_j; j < to_j; ++j)
                for (int i = 216; i < 296; ++i)
                    count += volume.at(i, j, k) > 300.0F;
        return count;
    };
    BOOST_TEST(bone(256, 400) > 2 * bone(112, 256));
}

// The whole scan is the truth for what interpolation puts in place of slices that are taken out.
BOOST_AUTO_TEST_CASE(chest_without_some_of_its_slices) {
    const test::TemporaryFolder folder;
    unpack("chest-lidc-0314.dicom.tar.xz", folder.path());
    const CtVolume whole = drr::read_ct(folder.path()).volume;
    const drr::DicomFolder list = drr::list_dicom_series(folder.path());
    BOOST_REQUIRE_EQUAL(list.series.size(), 1U);
    const std::vector<fs::path>& paths = list.series[0].paths;
    const std::size_t plane = 512 * 512;
    const auto rms_hu = [&](const CtVolume& a, int ka, int kb) {
        double sum = 0.0;
        for (std::size_t n = 0; n < plane; ++n) {
            const double d = double(a.hu[std::size_t(ka) * plane + n]) -
                             double(whole.hu[std::size_t(kb) * plane + n]);
            sum += d * d;
        }
        return std::sqrt(sum / double(plane));
    };

    for (const int k : {20, 60, 61, 100})
        fs::remove(paths[std::size_t(k)]);
    try {
        drr::read_ct(folder.path());
        BOOST_ERROR("missing slices were not noticed");
    } catch (const Error& error) {
        // The first slice lies at z = -679.80 mm.
        BOOST_TEST(error.message().find("4 slices are missing where the spacing is 2.000 mm: 1 "
                                        "between -641.80 and -637.80 mm") != std::string::npos,
                   error.message());
    }
    drr::VolumeReadOptions options;
    options.fill_missing = true;
    const CtVolume filled = drr::read_ct(folder.path(), options).volume;
    BOOST_REQUIRE((filled.sizes == whole.sizes));
    BOOST_TEST((filled.world_from_index(Vector3d(511, 511, 137)) -
                whole.world_from_index(Vector3d(511, 511, 137)))
                   .norm() < 1e-6);
    double neighbour_hu = 0.0, filled_hu = 0.0;
    for (const int k : {20, 100}) {
        filled_hu = std::max(filled_hu, rms_hu(filled, k, k));
        neighbour_hu = std::max(neighbour_hu, rms_hu(whole, k + 1, k));
    }
    double kept_hu = 0.0;
    for (const int k : {0, 19, 21, 59, 62, 99, 101, 137})
        kept_hu = std::max(kept_hu, rms_hu(filled, k, k));
    BOOST_TEST_MESSAGE("RMS against the whole scan: filled slices "
                       << filled_hu << " HU, the nearest slice instead " << neighbour_hu
                       << " HU, kept slices " << kept_hu << " HU");
    BOOST_TEST(kept_hu == 0.0);
    // Noise alone falls from sqrt(2) sigma to sqrt(1.5) sigma; anatomy gains more.
    BOOST_TEST(filled_hu < 0.87 * neighbour_hu);

    // Every second slice of the upper half: a change of spacing, resampled without being asked.
    for (int k = 103; k < 137; k += 2)
        fs::remove(paths[std::size_t(k)]);
    const drr::CtReadResult coarse = drr::read_ct(folder.path(), options);
    BOOST_TEST((coarse.volume.sizes == whole.sizes));
    BOOST_TEST(rms_hu(coarse.volume, 120, 120) == 0.0);
    BOOST_TEST(rms_hu(coarse.volume, 121, 121) < 0.87 * rms_hu(whole, 120, 121));
    BOOST_TEST(coarse.warnings.size() == 1U);
}

// Ignoring the shear, or taking its sign wrong, leaves more than twice the distance between the
// surfaces of the same skull in a tilted and in an untilted scan.
BOOST_AUTO_TEST_CASE(tilted_skull_agrees_with_the_untilted_scan) {
    const test::TemporaryFolder straight_folder, tilted_folder;
    unpack("skull-phantom-5mm.dicom.tar.xz", straight_folder.path());
    unpack("skull-phantom-tilt-plus16.dicom.tar.xz", tilted_folder.path());
    const CtVolume straight = drr::read_ct(straight_folder.path()).volume;
    const drr::CtReadResult tilted = drr::read_ct(tilted_folder.path());
    BOOST_TEST(straight.sizes[2] == 28);
    BOOST_TEST(tilted.volume.sizes[2] == 58);
    // The gantry's tilt of 16.5 degrees.
    BOOST_TEST(std::atan(tilted.shear.norm()) * 180.0 / M_PI == 16.5,
               boost::test_tools::tolerance(0.01));

    constexpr float bone_hu = 300.0F;  // as the data's README measured
    const Points straight_points = thinned(surface_points(straight, bone_hu), 4000);
    const Points tilted_points = surface_points(tilted.volume, bone_hu);
    // share 0 honours the shear, 1 stacks along the normal, 2 shears the wrong way.
    const auto median_mm = [&](double share) {
        Points points = tilted_points;
        for (auto& p : points) {
            const double height =
                tilted.volume.direction.col(2).dot(p - tilted.volume.centre_in_world_mm());
            p -= share * height * tilted.volume.direction.leftCols<2>() * tilted.shear;
        }
        return median_after_fit_mm(straight_points, NearestPoint(points));
    };
    const double honoured = median_mm(0.0), ignored = median_mm(1.0), wrong = median_mm(2.0);
    BOOST_TEST_MESSAGE("median distance: shear honoured " << honoured << " mm, ignored " << ignored
                                                          << " mm, wrong sign " << wrong << " mm");
    // The README's independent fit leaves 0.54 mm and 1.81 mm.
    BOOST_TEST(honoured < 0.6);
    BOOST_TEST(ignored > 2.0 * honoured);
    BOOST_TEST(wrong > 2.0 * honoured);
}

BOOST_AUTO_TEST_CASE(nifti_and_nrrd_agree_on_the_world) {
    const fs::path folder = test::realdata() / "orientation";
    drr::VolumeReadOptions options;
    BOOST_CHECK_THROW(drr::read_ct(folder / "adi_slice.nrrd", options), Error);  // it is MR
    BOOST_CHECK_THROW(drr::read_ct(folder / "adi_slice.nii.gz", options), Error);
    options.assume_hu = true;
    const CtVolume nrrd = drr::read_ct(folder / "adi_slice.nrrd", options).volume;
    const CtVolume nifti = drr::read_ct(folder / "adi_slice.nii.gz", options).volume;
    BOOST_TEST((nrrd.sizes == nifti.sizes));
    // NIfTI keeps its geometry in single precision: 1e-7 of some 200 mm.
    constexpr double single_precision_mm = 1e-3;
    for (const int i : {0, 191})
        for (const int j : {0, 191})
            BOOST_TEST((nrrd.world_from_index(Vector3d(i, j, 0)) -
                        nifti.world_from_index(Vector3d(i, j, 0)))
                           .norm() < single_precision_mm);
    BOOST_TEST((nrrd.hu == nifti.hu));
}
