#include "app/signals.hpp"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace agentic::app {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

void take_signals() {
    const auto set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
}

const char* wait_for_stop() {
    const auto set = stop_signals();
    int received = 0;
    while (sigwait(&set, &received) != 0) {}
    for (const int again : {SIGTERM, SIGINT}) std::signal(again, [](int) { _exit(1); });
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    return received == SIGTERM ? "SIGTERM" : "SIGINT";
}

}  // namespace agentic::app
