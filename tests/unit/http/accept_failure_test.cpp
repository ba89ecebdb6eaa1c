// A connection that the kernel has no room for ends alone: epoll_ctl of the whole test program is replaced, so that it can fail on demand.
#include <dlfcn.h>
#include <sys/epoll.h>

#include <atomic>
#include <cerrno>

#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

std::atomic<int> failures_left = 0;

TEST(Accept, GoesOnAfterAConnectionThatCannotBeTakenOver) {
    TestServer server;
    for (int i = 0; i < 4; ++i) {  // on both threads, and the first of them accepts
        failures_left = 1;
        auto client = server.connect();
        EXPECT_TRUE(client.closed_by_server());
        EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
        EXPECT_EQ(failures_left, 0);
        EXPECT_EQ(server.connect().get("/").status, 200);
        EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
    }
    const auto start = std::chrono::steady_clock::now();
    server.server().drain(2s);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1500ms) << "nobody is waited for";
}

}  // namespace
}  // namespace agentic::http

extern "C" __attribute__((visibility("default"))) int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
    using Control = int (*)(int, int, int, epoll_event*);
    static const auto real = reinterpret_cast<Control>(::dlsym(RTLD_NEXT, "epoll_ctl"));
    if (operation == EPOLL_CTL_ADD && agentic::http::failures_left > 0) {
        --agentic::http::failures_left;
        errno = ENOSPC;  // of watches, per user
        return -1;
    }
    return real(set, operation, fd, event);
}
