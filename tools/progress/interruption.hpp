#pragma once

namespace tools {

/// While it lives, a first SIGINT or SIGTERM is put off until end_if_asked(), so that no file is
/// left half written; a second one ends the program at once.
class Interruption {
  public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    /// Ends the program by the signal that was put off, if any.
    static void end_if_asked();

  private:
    using Handler = void (*)(int);
    Handler old_interrupt_;
    Handler old_terminate_;
};

}  // namespace tools
