#include <drr/core/parallel.hpp>
#include <drr/projector/itk_ray_cast.hpp>

// ITK brings an older Eigen of its own under the same include guards. Its templates compile as well
// with ours, so its header that chooses is answered before it is read.
#define itk_eigen_h
#define ITK_EIGEN(header) <Eigen/header>

#include <fmt/format.h>
#include <itkIdentityTransform.h>
#include <itkImage.h>
#include <itkRayCastInterpolateImageFunction.h>

#include <algorithm>
#include <mutex>
#include <utility>

namespace drr {
namespace {

using MuImage = itk::Image<float, 3>;
using RayCast = itk::RayCastInterpolateImageFunction<MuImage, double>;

// ITK may leave out up to two planes where a ray ends (it truncates the number of planes and then
// wants the next one to exist) and never reaches the outer half voxel at the sides.
constexpr int margin = 2;

itk::Point<double, 3> itk_point(const Eigen::Vector3d& point) {
    itk::Point<double, 3> result;
    for (unsigned d = 0; d < 3; ++d)
        result[d] = point[d];
    return result;
}

MuImage::Pointer mu_image(const CtVolume& volume, const HuToMu& hu_to_mu) {
    MuImage::SizeType size;
    MuImage::SpacingType spacing;
    MuImage::PointType origin;
    for (unsigned d = 0; d < 3; ++d) {
        size[d] = static_cast<itk::SizeValueType>(volume.sizes[d] + 2 * margin);
        spacing[d] = volume.spacing_mm[d];
        origin[d] = -margin * volume.spacing_mm[d];
    }
    const auto image = MuImage::New();
    image->SetRegions(size);
    image->SetSpacing(spacing);
    image->SetOrigin(origin);
    image->Allocate(true);
    parallel_for(static_cast<std::size_t>(volume.sizes[2]), [&](std::size_t k) {
        for (int j = 0; j < volume.sizes[1]; ++j) {
            const MuImage::IndexType first{{margin, margin + j, margin + static_cast<long>(k)}};
            float* out = image->GetBufferPointer() + image->ComputeOffset(first);
            for (int i = 0; i < volume.sizes[0]; ++i)
                out[i] = static_cast<float>(hu_to_mu(volume.at(i, j, static_cast<int>(k))));
        }
    });
    return image;
}

}  // namespace

struct ItkRayCastProjector::State {
    MuImage::Pointer mu_per_mm;  ///< in the grid frame: axes of the volume, origin at voxel 0
    VolumeGrid grid;
    ProgressSink progress;
};

ItkRayCastProjector::ItkRayCastProjector(const CtVolume& volume, const HuToMu& hu_to_mu,
                                         ProgressSink progress) {
    volume.validate();
    hu_to_mu.validate();
    state_.reset(new State{mu_image(volume, hu_to_mu), volume, std::move(progress)});
}

ItkRayCastProjector::~ItkRayCastProjector() = default;

Image<float> ItkRayCastProjector::line_integrals(const XrayView& view) const {
    view.validate();
    const VolumeGrid& grid = state_->grid;
    for (int corner = 0; corner < 8; ++corner) {
        const Eigen::Vector3d index((corner & 1 ? grid.sizes[0] : 0) - 0.5,
                                    (corner & 2 ? grid.sizes[1] : 0) - 0.5,
                                    (corner & 4 ? grid.sizes[2] : 0) - 0.5);
        const double depth_mm = (view.view_from_world * grid.world_from_index(index)).z();
        require(depth_mm > 0.0 && depth_mm < view.sdd_mm,
                fmt::format("the volume must lie between source and detector: a corner of it is "
                            "{:.1f} mm from the source along the beam, the detector {:.1f} mm",
                            depth_mm, view.sdd_mm));
    }
    const auto in_grid_frame = [&](const Eigen::Vector3d& point_in_world_mm) {
        return itk_point(grid.direction.transpose() * (point_in_world_mm - grid.origin_mm));
    };
    const auto source = in_grid_frame(view.source_in_world_mm());

    Image<float> image(view.width_px, view.height_px);
    std::mutex progress_mutex;
    std::size_t rows_done = 0;
    parallel_for(static_cast<std::size_t>(view.height_px), [&](std::size_t n) {
        // ITK does not promise that one instance may be used from several threads.
        const auto ray_cast = RayCast::New();
        ray_cast->SetTransform(itk::IdentityTransform<double, 3>::New());
        ray_cast->SetInputImage(state_->mu_per_mm);
        ray_cast->SetFocalPoint(source);
        ray_cast->SetThreshold(0.0);
        const int row = static_cast<int>(n);
        for (int column = 0; column < view.width_px; ++column)
            image(column, row) = static_cast<float>(
                ray_cast->Evaluate(in_grid_frame(view.pixel_in_world_mm({column, row}))));
        if (!state_->progress) return;
        const std::scoped_lock lock(progress_mutex);
        state_->progress("casting rays", ++rows_done, static_cast<std::size_t>(view.height_px));
    });
    return image;
}

}  // namespace drr
