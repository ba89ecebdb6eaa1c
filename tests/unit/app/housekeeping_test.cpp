#include "app/housekeeping.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <stdexcept>

namespace agentic::app {
namespace {

TEST(Housekeeping, GoesOnAfterFailuresUntilStopped) {
    asio::io_context io(1);
    int rounds = 0;
    Housekeeping* itself = nullptr;
    Housekeeping housekeeping(io.get_executor(), std::chrono::milliseconds(1), [&]() -> Task<std::int64_t> {
        switch (++rounds) {
            case 1: co_return fail(ErrorCode::unavailable, "database away");
            case 2: throw std::runtime_error("bug");
            case 3: asio::co_spawn(io, itself->stop(), [](std::exception_ptr) {}); break;
            default: break;
        }
        co_return 1;
    });
    itself = &housekeeping;
    housekeeping.start();
    io.run();
    EXPECT_EQ(rounds, 3);
}

}  // namespace
}  // namespace agentic::app
