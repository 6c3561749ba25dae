#include <drr/core/error.hpp>
#include <drr/core/parallel.hpp>

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>

namespace drr {

void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body) {
    // A thread that waits for its last iterations must not take up others from outside, which may
    // want a lock that the caller holds.
    tbb::this_task_arena::isolate(
        [&] { tbb::parallel_for(std::size_t{0}, count, [&body](std::size_t i) { body(i); }); });
}

int thread_count() {
    const auto limit =
        tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism);
    return std::min(static_cast<int>(limit), tbb::this_task_arena::max_concurrency());
}

ThreadLimit::ThreadLimit(int threads) {
    require(threads >= 0, "the number of threads must not be negative");
    if (threads > 0)
        control_ = new tbb::global_control(tbb::global_control::max_allowed_parallelism,
                                           static_cast<std::size_t>(threads));
}

ThreadLimit::~ThreadLimit() {
    delete static_cast<tbb::global_control*>(control_);
}

}  // namespace drr
