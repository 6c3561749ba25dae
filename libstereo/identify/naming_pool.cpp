#include "naming_pool.hpp"

#include <algorithm>
#include <cmath>

namespace stereo {
namespace {

constexpr std::size_t max_namings = 64;

}  // namespace

bool same_naming(const Naming& a, const Naming& b) {
    constexpr double same_cosine = 0.99985;  // of half the angle: 2 degrees
    return a.marker_of_blob == b.marker_of_blob &&
           std::abs(a.fit.pose.view_from_phantom.rotation.dot(
               b.fit.pose.view_from_phantom.rotation)) > same_cosine;
}

void NamingPool::add(Naming naming) {
    const auto known = std::find_if(namings_.begin(), namings_.end(), [&](const Naming& other) {
        return same_naming(other, naming);
    });
    if (known == namings_.end())
        namings_.push_back(std::move(naming));
    else if (known->log_likelihood(clutter_) < naming.log_likelihood(clutter_))
        *known = std::move(naming);
    else
        return;
    std::stable_sort(namings_.begin(), namings_.end(), [&](const Naming& a, const Naming& b) {
        return a.log_likelihood(clutter_) > b.log_likelihood(clutter_);
    });
    if (namings_.size() > max_namings) namings_.pop_back();
}

bool NamingPool::knows(const std::array<int, 3>& blobs, const std::array<int, 3>& beads) const {
    return std::any_of(namings_.begin(), namings_.end(), [&](const Naming& naming) {
        for (std::size_t i = 0; i < 3; ++i)
            if (naming.marker_of_blob[static_cast<std::size_t>(blobs[i])] != beads[i]) return false;
        return true;
    });
}

}  // namespace stereo
