// Projects on request, so that scripts/bench-peers can let our projectors take turns with other
// programs on the same volume and the same view.
//
//   projection_worker CASE THREADS     CASE: W1, W2, W3 or the path of a CT
//
// Reads requests from standard input, a line each, and answers each with a line:
//   volume PATH AIR       writes the attenuation per mm as a MetaImage, AIR voxels of air around it
//   view DEGREES          sets the orbit; answers with the geometry as JSON
//   time PROJECTOR        answers with the mean time of a projection in ms, the first left out
//   first PROJECTOR       makes the projector and its first projection; answers with that time
//   image PROJECTOR PATH  writes the line integrals as rows of floats
//   border PATH           writes what each ray meets of the outer two layers of voxels
// PROJECTOR is joseph, joseph-int16, joseph-plain, siddon, trilinear, itk, or trilinear@STEP with a
// step in voxel sides.
#include "workloads.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>
#include <drr/projector/itk_ray_cast.hpp>
#include <drr/projector/joseph.hpp>
#include <drr/projector/siddon.hpp>
#include <drr/projector/trilinear.hpp>
#include <drr/volume/volume_io.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>

namespace {

using drr::CtVolume;
using drr::MuVolume;

/// A projection that takes less is repeated for as long.
constexpr double least_ms = 150.0;

double milliseconds(const std::function<void()>& work) {
    const auto from = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - from;
    return took.count();
}

std::string bytes(const std::vector<float>& values) {
    std::string result(values.size() * sizeof(float), '\0');
    std::memcpy(result.data(), values.data(), result.size());
    return result;
}

nlohmann::json list(const Eigen::Vector3d& vector) {
    return {vector.x(), vector.y(), vector.z()};
}

class Worker {
  public:
    explicit Worker(const std::string& name) {
        for (const bench::Workload& work : bench::workloads)
            if (name == work.name) {
                work_ = work;
                ct_ = chest(work);
            }
        if (!ct_.hu.empty()) return;
        ct_ = drr::read_ct(name).volume;
        // Other programs ignore the direction, or should not be made to differ by it.
        drr::require(ct_.direction.isIdentity(1e-6), "the CT's axes are not those of the patient");
        ct_.direction.setIdentity();
        ct_.origin_mm -= ct_.centre_in_world_mm();
        work_ = {"CT", ct_.sizes, ct_.spacing_mm, 256, 1.6};
    }

    std::string answer(const std::string& request) {
        std::istringstream words(request);
        std::string what, name, path;
        words >> what;
        if (what == "volume") {
            int air = 0;
            words >> path >> air;
            write_volume(path, air);
        } else if (what == "view") {
            double orbit_deg = 0.0;
            words >> orbit_deg;
            view_ = view_of(work_, {"", orbit_deg, 0.0, 0.0});
            return geometry().dump();
        } else if (what == "time") {
            words >> name;
            return fmt::format("{}", time(name));
        } else if (what == "first") {
            words >> name;
            made_.erase(name);
            return fmt::format("{}",
                               milliseconds([&] { (void)projector(name).line_integrals(view_); }));
        } else if (what == "image") {
            words >> name >> path;
            drr::write_file(path, bytes(projector(name).line_integrals(view_).pixels()));
        } else if (what == "border") {
            words >> path;
            drr::write_file(path, bytes(border_layers().line_integrals(view_).pixels()));
        } else {
            drr::require(false, fmt::format("unknown request '{}'", request));
        }
        return "ok";
    }

  private:
    const drr::Projector& projector(const std::string& name) {
        std::unique_ptr<drr::Projector>& made = made_[name];
        if (made) return *made;
        if (name == "joseph") made = std::make_unique<drr::JosephProjector>(mu_volume(ct_));
        if (name == "joseph-int16") made = std::make_unique<drr::JosephProjector>(mu_volume16(ct_));
        if (name == "joseph-plain")
            made = std::make_unique<drr::JosephProjector>(mu_volume(ct_), drr::VolumeLayout::plain);
        if (name == "siddon") made = std::make_unique<drr::SiddonProjector>(mu_volume(ct_));
        if (name == "trilinear") made = std::make_unique<drr::TrilinearProjector>(mu_volume(ct_));
        if (name.starts_with("trilinear@")) {
            const double step = std::stod(name.substr(name.find('@') + 1));
            made = std::make_unique<drr::TrilinearProjector>(
                mu_volume(ct_), drr::TrilinearOptions{.step_voxels = step});
        }
        if (name == "itk") made = std::make_unique<drr::ItkRayCastProjector>(ct_);
        drr::require(made != nullptr, fmt::format("unknown projector '{}'", name));
        return *made;
    }

    double time(const std::string& name) {
        const bool is_new = !made_.contains(name);
        const drr::Projector& project = projector(name);
        // The first view may pay for a copy of the volume.
        if (is_new) (void)project.line_integrals(view_);
        int count = 0;
        double total_ms = 0.0;
        while (total_ms < least_ms) {
            total_ms += milliseconds([&] { (void)project.line_integrals(view_); });
            ++count;
        }
        return total_ms / count;
    }

    void write_volume(const std::string& path, int air) const {
        const MuVolume volume = mu_volume(ct_);
        const Eigen::Array3i sizes(volume.sizes[0], volume.sizes[1], volume.sizes[2]);
        const Eigen::Array3i wider = sizes + 2 * air;
        const Eigen::Vector3d origin = volume.world_from_index(Eigen::Vector3d::Constant(-air));
        std::vector<float> values(static_cast<std::size_t>(wider[0]) *
                                      static_cast<std::size_t>(wider[1]) *
                                      static_cast<std::size_t>(wider[2]),
                                  0.0F);
        auto row = values.begin() + (std::ptrdiff_t{air} * wider[1] + air) * wider[0] + air;
        for (int k = 0; k < sizes[2]; ++k, row += std::ptrdiff_t{2} * air * wider[0])
            for (int j = 0; j < sizes[1]; ++j, row += wider[0])
                std::copy_n(volume.mu_per_mm.data() + volume.offset(0, j, k), sizes[0], row);
        drr::write_file(path, fmt::format("ObjectType = Image\nNDims = 3\nBinaryData = True\n"
                                          "BinaryDataByteOrderMSB = False\nCompressedData = False\n"
                                          "TransformMatrix = 1 0 0 0 1 0 0 0 1\n"
                                          "Offset = {} {} {}\nElementSpacing = {} {} {}\n"
                                          "DimSize = {} {} {}\n"
                                          "ElementType = MET_FLOAT\nElementDataFile = LOCAL\n",
                                          origin[0], origin[1], origin[2], volume.spacing_mm[0],
                                          volume.spacing_mm[1], volume.spacing_mm[2], wider[0],
                                          wider[1], wider[2]) +
                                  bytes(values));
    }

    [[nodiscard]] nlohmann::json geometry() const {
        const Eigen::Matrix3d world_from_view = view_.view_from_world.inverse().matrix();
        return {{"pixels", work_.pixels},
                {"pitch_mm", work_.pitch_mm},
                {"sdd_mm", view_.sdd_mm},
                {"source_isocentre_mm", view_.source_in_world_mm().norm()},
                {"source_mm", list(view_.source_in_world_mm())},
                {"first_pixel_mm", list(view_.pixel_in_world_mm({0, 0}))},
                {"along_columns", list(world_from_view.col(0))},
                {"along_rows", list(world_from_view.col(1))},
                {"along_beam", list(world_from_view.col(2))},
                {"sizes", ct_.sizes},
                {"spacing_mm", list(ct_.spacing_mm)},
                {"origin_mm", list(ct_.origin_mm)}};
    }

    /// Where programs may differ in how a volume ends: of what attenuates (more than a tenth of
    /// water; scans have noise in air), the outer two layers of voxels.
    [[nodiscard]] drr::SiddonProjector border_layers() const {
        const auto outer = [](int at, int size) { return at < 2 || at >= size - 2; };
        MuVolume volume = mu_volume(ct_);
        for (int k = 0; k < ct_.sizes[2]; ++k)
            for (int j = 0; j < ct_.sizes[1]; ++j)
                for (int i = 0; i < ct_.sizes[0]; ++i)
                    if (ct_.at(i, j, k) < -900.0F ||
                        !(outer(i, ct_.sizes[0]) || outer(j, ct_.sizes[1]) ||
                          outer(k, ct_.sizes[2])))
                        volume.mu_per_mm[volume.offset(i, j, k)] = 0.0F;
        return drr::SiddonProjector(std::move(volume));
    }

    bench::Workload work_{};
    CtVolume ct_;
    drr::XrayView view_;
    std::map<std::string, std::unique_ptr<drr::Projector>> made_;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        drr::require(argc == 3, "usage: projection_worker CASE THREADS");
        const drr::ThreadLimit limit(std::stoi(argv[2]));
        Worker worker(argv[1]);
        for (std::string request; std::getline(std::cin, request);)
            std::cout << worker.answer(request) << std::endl;
    } catch (const std::exception& error) {
        std::cout << "error: " << error.what() << std::endl;
        return 1;
    }
}
