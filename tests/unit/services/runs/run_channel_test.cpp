#include "services/runs/run_channel.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <boost/asio/this_coro.hpp>
#include <thread>

#include "support/co_test.hpp"

namespace agentic::services {
namespace {

using namespace std::chrono_literals;

constexpr int kFrames = 2'000;

auto in(std::chrono::milliseconds delay) { return std::chrono::steady_clock::now() + delay; }

AGENTIC_CO_TEST(RunWatcher, WakesWhenAFrameComesFromAnotherThread) {
    auto channel = std::make_shared<RunChannel>(1);
    RunWatcher watcher(channel, 0);
    std::jthread writer([channel] {
        std::this_thread::sleep_for(20ms);
        channel->append(1, "token", "{}");
    });
    const auto piece = co_await watcher.next(in(5s));
    EXPECT_EQ(piece.bytes, "id: 1\nevent: token\ndata: {}\n\n");
    EXPECT_EQ(piece.last_sequence, 1);
    EXPECT_FALSE(piece.is_last);
}

AGENTIC_CO_TEST(RunWatcher, ReturnsEmptyHandedInTime) {
    RunWatcher watcher(std::make_shared<RunChannel>(1), 0);
    const auto piece = co_await watcher.next(in(10ms));
    EXPECT_TRUE(piece.bytes.empty());
    EXPECT_FALSE(piece.is_last);
}

AGENTIC_CO_TEST(RunWatcher, EndsWithTheRun) {
    auto channel = std::make_shared<RunChannel>(1);
    RunWatcher early(channel, 0), late(channel, 1);
    channel->append(1, "complete", "{}");
    channel->close({.body = "{}", .error = {}});
    auto piece = co_await early.next(in(1s));
    EXPECT_TRUE(piece.is_last);
    EXPECT_FALSE(piece.bytes.empty());
    piece = co_await late.next(in(1s));
    EXPECT_TRUE(piece.is_last);
    EXPECT_TRUE(piece.bytes.empty());
}

AGENTIC_CO_TEST(RunWatcher, HandsOutBoundedPiecesOfWholeFrames) {
    auto channel = std::make_shared<RunChannel>(1);
    const std::string data(10'000, 'x');
    for (int i = 1; i <= 30; ++i) channel->append(i, "token", data);
    channel->append(31, "token", std::string(200'000, 'y'));
    RunWatcher watcher(channel, 0);
    std::int64_t seen = 0;
    while (seen < 31) {
        const auto piece = co_await watcher.next(in(1s));
        EXPECT_TRUE(piece.bytes.starts_with("id: " + std::to_string(seen + 1) + "\n"));
        EXPECT_TRUE(piece.bytes.ends_with("\n\n"));
        EXPECT_TRUE(piece.bytes.size() <= RunChannel::kPieceMax || piece.last_sequence == 31);
        seen = piece.last_sequence;
    }
}

AGENTIC_CO_TEST(RunWatcher, IsDroppedWhenItLagsAndMayRejoin) {
    auto channel = std::make_shared<RunChannel>(1);
    RunWatcher slow(channel, 0), quick(channel, 0);
    const std::string data(100'000, 'x');
    for (int i = 1; i <= 11; ++i) {
        channel->append(i, "token", data);
        EXPECT_FALSE((co_await quick.next(in(1s))).is_dropped);
    }
    const auto piece = co_await slow.next(in(1s));
    EXPECT_TRUE(piece.is_dropped);
    EXPECT_TRUE(piece.is_last);
    EXPECT_EQ(piece.last_sequence, 0);
    RunWatcher again(channel, piece.last_sequence);  // a long past is no lag
    EXPECT_FALSE((co_await again.next(in(1s))).is_dropped);
}

AGENTIC_CO_TEST(RunChannel, TellsTheEndToWhoWaits) {
    auto channel = std::make_shared<RunChannel>(1);
    EXPECT_FALSE((co_await channel->wait_end(in(5ms))).has_value());
    std::jthread writer([channel] {
        std::this_thread::sleep_for(20ms);
        channel->close({.body = "{}", .error = {}});
        channel->close({.body = "again", .error = {}});
    });
    const auto end = co_await channel->wait_end(in(5s));
    EXPECT_EQ(end.value().body, "{}");
}

AGENTIC_CO_TEST(RunWatcher, SeesEveryFrameUnderManyWatchersAndAWritingThread) {
    auto channel = std::make_shared<RunChannel>(1);
    asio::io_context elsewhere(1);  // outlives the writer, as the server's loops do: a ring may come after the last frame was read
    const auto watch = [](std::shared_ptr<RunChannel> watched) -> Awaitable<void> {
        RunWatcher watcher(std::move(watched), 0);
        std::int64_t last = 0;
        for (;;) {
            const auto piece = co_await watcher.next(in(5s));
            EXPECT_GE(piece.last_sequence, last);
            last = piece.last_sequence;
            if (piece.is_last) break;
        }
        EXPECT_EQ(last, kFrames);
    };
    asio::co_spawn(elsewhere.get_executor(), watch(channel), asio::detached);
    std::jthread writer([channel] {
        for (int i = 1; i <= kFrames; ++i) channel->append(i, "token", "{}");
        channel->close({});
    });
    std::jthread other([&] { elsewhere.run(); });
    RunWatcher watcher(channel, 0);
    std::string bytes;
    for (;;) {
        auto piece = co_await watcher.next(in(5s));
        bytes += piece.bytes;
        if (piece.is_last) break;
    }
    std::string expected;
    for (int i = 1; i <= kFrames; ++i) append_sse_frame(expected, i, "token", "{}");
    EXPECT_EQ(bytes, expected);
}

}  // namespace
}  // namespace agentic::services
