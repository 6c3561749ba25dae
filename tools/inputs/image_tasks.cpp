#include "inputs/image_tasks.hpp"

#include "inputs/image_list.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace tools {
namespace {

/// The file's name without its type, where that is unambiguous.
void set_output_names(std::vector<ImageTask>& tasks) {
    const auto unique = [&](auto name_of) {
        std::map<std::string, int> uses;
        for (const ImageTask& task : tasks)
            ++uses[name_of(task)];
        return std::all_of(uses.begin(), uses.end(), [](const auto& u) { return u.second == 1; });
    };
    const auto stem = [](const ImageTask& task) { return task.path.stem().string(); };
    const auto file = [](const ImageTask& task) { return task.path.filename().string(); };
    const auto in_view = [](const ImageTask& task) {
        return fmt::format("view{}_{}", task.view, task.path.stem().string());
    };
    const auto take = [&](auto name_of) {
        for (ImageTask& task : tasks)
            task.name = name_of(task);
    };
    if (unique(stem)) return take(stem);
    if (unique(file)) return take(file);
    if (unique(in_view)) return take(in_view);
    throw drr::Error(drr::ErrorCode::usage,
                     "two images have the same name: their results would overwrite each other; run "
                     "them into different folders (-o)");
}

}  // namespace

std::vector<ImageTask> image_tasks(const std::vector<std::string>& arguments, int view) {
    std::vector<ImageTask> tasks;
    for (const std::filesystem::path& path : list_images(arguments))
        tasks.push_back({path, static_cast<int>(tasks.size()), view, {}});
    set_output_names(tasks);
    return tasks;
}

std::vector<ImageTask> pair_tasks(const std::vector<std::string>& view0,
                                  const std::vector<std::string>& view1) {
    const std::array<std::vector<std::filesystem::path>, 2> images = {list_images(view0),
                                                                      list_images(view1)};
    drr::require(images[0].size() == images[1].size(),
                 fmt::format("view 0 has {} images and view 1 has {}; a frame needs one of each",
                             images[0].size(), images[1].size()));
    std::vector<ImageTask> tasks;
    for (std::size_t frame = 0; frame < images[0].size(); ++frame)
        for (int view = 0; view < 2; ++view)
            tasks.push_back(
                {images[static_cast<std::size_t>(view)][frame], static_cast<int>(frame), view, {}});
    set_output_names(tasks);
    return tasks;
}

}  // namespace tools
