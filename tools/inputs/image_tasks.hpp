#pragma once

#include <drr/imaging/image_io.hpp>

#include <string>
#include <vector>

namespace tools {

/// An image of a run over frames and views.
struct ImageTask {
    drr::ImagePage image;
    int frame = 0;
    int view = 0;
    std::string name;  ///< what its outputs' names begin with, unique in the run
};

/// A frame for each image that the arguments name (list_images), all of one view; each page of a
/// TIFF is an image. Throws
/// drr::Error(io), Error(usage) where outputs could not be told apart.
[[nodiscard]] std::vector<ImageTask> image_tasks(const std::vector<std::string>& arguments,
                                                 int view);

/// Frames of two views: the k-th image of each, next to each other. Throws also drr::Error(usage)
/// for different numbers of images.
[[nodiscard]] std::vector<ImageTask> pair_tasks(const std::vector<std::string>& view0,
                                                const std::vector<std::string>& view1);

}  // namespace tools
