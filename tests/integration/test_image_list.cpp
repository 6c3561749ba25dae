#include "inputs/image_list.hpp"
#include "test.hpp"

#include <drr/core/error.hpp>
#include <drr/core/file_io.hpp>

#include <string>
#include <vector>

namespace {

std::vector<std::string> names_of(const std::vector<std::string>& arguments) {
    std::vector<std::string> names;
    for (const auto& path : tools::list_images(arguments))
        names.push_back(path.filename().string());
    return names;
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_sort_by_value) {
    const std::vector<std::string> ascending = {"a",
                                                "a1",
                                                "a2",
                                                "a10",
                                                "b01c9",
                                                "b1c10",
                                                "b2c1",
                                                "f0099.tif",
                                                "f0100.tif",
                                                "f99999999999999999999",
                                                "f100000000000000000000"};
    for (std::size_t i = 0; i < ascending.size(); ++i)
        for (std::size_t j = 0; j < ascending.size(); ++j)
            BOOST_TEST(tools::naturally_before(ascending[i], ascending[j]) == (i < j),
                       ascending[i] << " and " << ascending[j]);
}

BOOST_AUTO_TEST_CASE(files_folders_and_patterns_are_images) {
    const test::TemporaryFolder folder;
    for (const std::string name : {"cam1_10.png", "cam1_9.png", "cam2_9.TIF", "notes.txt"})
        drr::write_file(folder.path() / name, "x");
    const std::string root = folder.path().string();
    using Names = std::vector<std::string>;
    BOOST_TEST((names_of({root}) == Names{"cam1_9.png", "cam1_10.png", "cam2_9.TIF"}));
    BOOST_TEST((names_of({root + "/cam1_*.png"}) == Names{"cam1_9.png", "cam1_10.png"}));
    BOOST_TEST((names_of({root + "/cam?_9.*"}) == Names{"cam1_9.png", "cam2_9.TIF"}));
    // A file is taken whatever it is called, and in the order given.
    BOOST_TEST((names_of({root + "/notes.txt", root + "/cam1_10.png"}) ==
                Names{"notes.txt", "cam1_10.png"}));
    BOOST_CHECK_THROW((void)names_of({root + "/cam3_*"}), drr::Error);
    drr::make_folder(folder.path() / "empty");
    BOOST_CHECK_THROW((void)names_of({root + "/empty"}), drr::Error);
}
