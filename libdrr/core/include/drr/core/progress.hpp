#pragma once

#include <drr/core/log.hpp>

#include <mutex>
#include <string>

namespace drr {

/// Counts the steps of one stage up, from any thread, and tells a sink, which has to outlive it.
class ProgressCount {
  public:
    ProgressCount(const ProgressSink& sink, std::string stage, std::size_t total)
        : sink_(sink), stage_(std::move(stage)), total_(total) {}

    void step() {
        const std::lock_guard lock(mutex_);
        ++done_;
        if (sink_) sink_(stage_, done_, total_);
    }

  private:
    const ProgressSink& sink_;
    std::string stage_;
    std::size_t total_;
    std::size_t done_ = 0;
    std::mutex mutex_;
};

}  // namespace drr
