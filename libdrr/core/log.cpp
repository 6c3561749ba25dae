#include <drr/core/log.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace drr {
namespace {

spdlog::logger& logger() {
    static const auto instance = [] {
        auto made = std::make_shared<spdlog::logger>(
            "stereodrr", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_pattern("%l: %v");
        made->set_level(spdlog::level::warn);
        return made;
    }();
    return *instance;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
    }
    return spdlog::level::warn;
}

}  // namespace

void log(LogLevel level, std::string_view message) {
    logger().log(spdlog_level(level), spdlog::string_view_t(message.data(), message.size()));
}

void set_log_level(LogLevel level) {
    logger().set_level(spdlog_level(level));
}

}  // namespace drr
