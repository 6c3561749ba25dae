#pragma once

#include <cstddef>
#include <functional>

namespace drr {

/// Calls body(i) for i in [0, count) on the threads of oneTBB, in no particular order. body must
/// write only to what belongs to i; then the result does not depend on the number of threads. The
/// first exception thrown by a body is rethrown here. Nested calls are allowed.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

/// How many threads parallel_for() uses at most.
[[nodiscard]] int thread_count();

/// Limits the threads of the whole process while it lives; 0 leaves the default (all cores).
class ThreadLimit {
  public:
    explicit ThreadLimit(int threads);
    ~ThreadLimit();
    ThreadLimit(const ThreadLimit&) = delete;
    ThreadLimit& operator=(const ThreadLimit&) = delete;

  private:
    void* control_ = nullptr;
};

}  // namespace drr
