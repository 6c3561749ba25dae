#pragma once

#include <filesystem>

namespace stereo {

/// Says that a living process holds a share of a study: the system takes the lock away when the
/// process ends, however it ends. The file stays.
class ShareLock {
  public:
    /// Takes the lock if nobody has it. Throws drr::Error(io) where the file cannot be made.
    explicit ShareLock(const std::filesystem::path& file);
    ~ShareLock();
    ShareLock(const ShareLock&) = delete;
    ShareLock& operator=(const ShareLock&) = delete;
    [[nodiscard]] bool is_ours() const { return ours_; }

  private:
    int file_ = -1;
    bool ours_ = false;
};

}  // namespace stereo
