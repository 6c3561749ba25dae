#include "inputs/image_tasks.hpp"

#include "inputs/image_list.hpp"

#include <drr/core/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace tools {
namespace {

namespace fs = std::filesystem;

/// In the order of the pages also when sorted by name.
std::string page_suffix(const ImageTask& task, const std::map<fs::path, int>& pages) {
    if (task.image.page == 0) return {};
    const std::size_t digits = std::to_string(pages.at(task.image.path)).size();
    return fmt::format("_{:0{}}", task.image.page, digits);
}

/// The file's name without its type, where that is unambiguous, and the page's number.
void set_output_names(std::vector<ImageTask>& tasks) {
    const auto unique = [&](auto name_of) {
        std::map<std::string, int> uses;
        for (const ImageTask& task : tasks)
            ++uses[name_of(task)];
        return std::all_of(uses.begin(), uses.end(), [](const auto& u) { return u.second == 1; });
    };
    std::map<fs::path, int> pages;
    for (const ImageTask& task : tasks)
        pages[task.image.path] = std::max(pages[task.image.path], task.image.page);
    const auto stem = [&](const ImageTask& task) {
        return task.image.path.stem().string() + page_suffix(task, pages);
    };
    const auto file = [&](const ImageTask& task) {
        return task.image.path.filename().string() + page_suffix(task, pages);
    };
    const auto in_view = [&](const ImageTask& task) {
        return fmt::format("view{}_{}", task.view, stem(task));
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

std::vector<drr::ImagePage> images_of(const std::vector<std::string>& arguments) {
    std::vector<drr::ImagePage> images;
    for (const fs::path& path : list_images(arguments)) {
        const std::vector<drr::ImagePage> pages = drr::image_pages(path);
        images.insert(images.end(), pages.begin(), pages.end());
    }
    return images;
}

}  // namespace

std::vector<ImageTask> image_tasks(const std::vector<std::string>& arguments, int view) {
    std::vector<ImageTask> tasks;
    for (const drr::ImagePage& image : images_of(arguments))
        tasks.push_back({image, static_cast<int>(tasks.size()), view, {}});
    set_output_names(tasks);
    return tasks;
}

std::vector<ImageTask> pair_tasks(const std::vector<std::string>& view0,
                                  const std::vector<std::string>& view1) {
    const std::array<std::vector<drr::ImagePage>, 2> images = {images_of(view0), images_of(view1)};
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
