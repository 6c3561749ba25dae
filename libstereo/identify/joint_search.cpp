#include "joint_search.hpp"

#include "naming_pool.hpp"

#include <algorithm>

namespace stereo {
namespace {

// Joint namings that are looked from: those that a better one may hide behind.
constexpr std::size_t leaders = 8;

bool add(Naming naming, ViewSearch& search) {
    if (std::any_of(search.namings.begin(), search.namings.end(),
                    [&](const Naming& known) { return same_naming(known, naming); }))
        return false;
    const double likelihood = naming.log_likelihood(search.clutter_per_px2);
    const auto place =
        std::find_if(search.namings.begin(), search.namings.end(), [&](const Naming& known) {
            return known.log_likelihood(search.clutter_per_px2) < likelihood;
        });
    search.namings.insert(place, std::move(naming));
    return true;
}

}  // namespace

bool search_jointly(std::span<const ViewProblem> views, std::span<const JointNaming> namings,
                    std::vector<ViewSearch>& searches) {
    if (views.size() < 2) return false;
    std::vector<const JointNaming*> best;
    for (const JointNaming& naming : namings)
        best.push_back(&naming);
    std::stable_sort(best.begin(), best.end(), [](const JointNaming* a, const JointNaming* b) {
        return a->log_likelihood > b->log_likelihood;
    });
    if (best.size() > leaders) best.resize(leaders);
    std::vector<std::vector<Naming>> found(views.size());
    for (const JointNaming* const joint : best)
        for (std::size_t v = 0; v < views.size(); ++v) {
            const ViewPose pose{
                joint->fit.relations.view_from_first[v] * joint->fit.first_from_phantom[0],
                joint->fit.relations.log_focal[v]};
            const double scatter_mm = joint->of_view[v]->as_built_sd_mm;
            Naming naming = name_blobs_at(views[v], pose, scatter_mm, 0.0);
            const auto fit = fit_to_some(views[v], naming, named_blobs(naming), scatter_mm);
            if (!fit) continue;
            naming.fit = *fit;
            found[v].push_back(std::move(naming));
        }
    bool added = false;
    for (std::size_t v = 0; v < views.size(); ++v)
        for (Naming& naming : found[v])
            added |= add(std::move(naming), searches[v]);
    return added;
}

}  // namespace stereo
