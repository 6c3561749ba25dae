#include "progress/interruption.hpp"

#include <csignal>

namespace tools {
namespace {

volatile std::sig_atomic_t asked = 0;

extern "C" void put_off(int signal) {
    asked = signal;
    std::signal(signal, SIG_DFL);
}

using Handler = void (*)(int);

/// A signal that is ignored, as by nohup, stays so.
Handler put_off_unless_ignored(int signal) {
    const Handler old = std::signal(signal, put_off);
    if (old == SIG_IGN) std::signal(signal, SIG_IGN);
    return old;
}

}  // namespace

Interruption::Interruption()
    : old_interrupt_(put_off_unless_ignored(SIGINT)),
      old_terminate_(put_off_unless_ignored(SIGTERM)) {}

Interruption::~Interruption() {
    std::signal(SIGINT, old_interrupt_);
    std::signal(SIGTERM, old_terminate_);
}

void Interruption::end_if_asked() {
    if (asked != 0) std::raise(asked);  // whose handler is the default one by now
}

}  // namespace tools
