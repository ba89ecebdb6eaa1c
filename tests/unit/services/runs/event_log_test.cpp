#include "services/runs/event_log.hpp"

#include <gtest/gtest.h>

#include <random>

#include "services/runs/run_reader.hpp"
#include "support/co_test.hpp"

namespace agentic::services {
namespace {

constexpr auto kNow = std::chrono::steady_clock::time_point::min();

Awaitable<std::string> all_of(std::shared_ptr<RunChannel> channel, std::int64_t after) {
    RunWatcher watcher(std::move(channel), after);
    std::string bytes;
    for (;;) {
        auto piece = co_await watcher.next(kNow);
        bytes += piece.bytes;
        if (piece.is_last || piece.bytes.empty()) co_return bytes;
    }
}

/// A run of several steps; its live bytes and its stored segments.
struct Recorded {
    std::shared_ptr<RunChannel> channel = std::make_shared<RunChannel>(first_sequence_of(1));
    std::vector<EventSegment> segments;

    Recorded() {
        EventLog log(*channel, 1);
        log.event("run_started", R"({"run_id":"x"})");
        for (const auto* text : {"Hel", "lo\n", "wör", "ld \"quoted\"", "", "\xE2\x80\xA8"}) log.delta("token", text);
        log.delta("thinking", "hm");
        log.delta("token", "2 3\ntoken 4\n");  // looks like the format itself
        segments.push_back(log.segment());
        log.release();
        log.delta("token", "more");
        log.held("message", R"({"a":1})");
        log.held("complete", R"({"b":2})");
        segments.push_back(log.segment());
        log.release();
        channel->close({});
    }
};

AGENTIC_CO_TEST(EventLog, ReplaysTheBytesThatWereLive) {
    Recorded run;
    const auto live = co_await all_of(run.channel, 0);
    std::string replayed;
    for (const auto& segment : run.segments) EXPECT_TRUE(append_frames(replayed, segment, 0));
    EXPECT_EQ(replayed, live);
    EXPECT_TRUE(live.starts_with("id: 1\nevent: run_started\ndata: {\"run_id\":\"x\"}\n\nid: 2\nevent: token\ndata: {\"content\":\"Hel\"}\n\n"));
}

AGENTIC_CO_TEST(EventLog, IsRejoinedAtEverySequence) {
    Recorded run;
    const auto all = co_await all_of(run.channel, 0);
    for (std::int64_t after = 0; after <= run.segments.back().last_sequence; ++after) {
        const auto at = after == 0 ? 0 : all.find("id: " + std::to_string(after + 1) + "\n");
        const auto expected = at == all.npos ? "" : all.substr(at);
        EXPECT_EQ(co_await all_of(run.channel, after), expected) << after;
        std::string replayed;
        for (const auto& segment : run.segments) {
            if (segment.last_sequence > after) append_frames(replayed, segment, after);
        }
        EXPECT_EQ(replayed, expected) << after;
    }
}

TEST(EventLog, NumbersHeldEventsFirstAndShowsThemOnRelease) {
    RunChannel channel(1);
    EventLog log(channel, 1);
    log.delta("token", "a");
    const auto shown = channel.size_bytes();
    log.held("complete", "{}");
    EXPECT_EQ(channel.size_bytes(), shown);
    const auto segment = log.segment();
    EXPECT_EQ(segment.last_sequence, 2);
    log.release();
    EXPECT_GT(channel.size_bytes(), shown);
}

TEST(EventLog, ForgetsWhatWasHeldWhenTheCommitChanges) {
    RunChannel channel(1);
    EventLog log(channel, 1);
    log.delta("token", "a");
    log.held("message", "{}");
    log.held("complete", "{}");
    log.drop_held();
    log.held("error", R"({"code":"x"})");
    const auto segment = log.segment();
    EXPECT_EQ(segment.body, "token 1\na\nerror 12\n{\"code\":\"x\"}\n");
    EXPECT_EQ(segment.last_sequence, 2);
}

TEST(EventLog, ALaterAttemptSkipsWhatWasNeverStored) {
    RunChannel channel(first_sequence_of(2));
    EventLog log(channel, 2);
    log.event("restarted", "{}");
    EXPECT_EQ(log.segment().first_sequence, 1'000'001);
}

TEST(EventLog, ReplacesNulSoThatEveryDatabaseTakesIt) {
    RunChannel channel(1);
    EventLog log(channel, 1);
    log.delta("token", std::string_view("a\0b", 3));
    EXPECT_EQ(log.segment().body, "token 5\na\xEF\xBF\xBD" "b\n");
}

TEST(EventLog, IsFullBeforeItsBufferGrowsWithoutBound) {
    RunChannel channel(1);
    EventLog log(channel, 1);
    const std::string piece(1 << 20, 'x');
    int pieces = 0;
    for (; !log.is_full() && pieces < 100; ++pieces) log.delta("token", piece);
    EXPECT_EQ(pieces, 16);
}

TEST(ReadSegment, RefusesDamageWithoutReadingBeyondTheEnd) {
    const std::string good = "token 1 2\nabc\nmessage 2\n{}\n";
    const auto count = [](std::string body) {
        int events = 0;
        const bool ok = read_segment({1, 3, std::move(body)}, [&](const StoredEvent&) { ++events; });
        return ok ? events : -1;
    };
    EXPECT_EQ(count(good), 3);
    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_EQ(count(good.substr(0, size)), -1) << size;
    std::mt19937 random(1);
    for (int i = 0; i < 2'000; ++i) {
        auto body = good;
        body[random() % body.size()] = static_cast<char>(random());
        count(std::move(body));
    }
}

TEST(ReadFrames, GivesBackWhatWasRendered) {
    std::string frames;
    append_sse_frame(frames, 7, "token", R"({"content":"a\n\ndata: b"})");
    append_sse_frame(frames, 8, "message", "{}");
    std::vector<std::string> seen;
    read_frames(frames, [&](const StoredEvent& event) { seen.push_back(std::to_string(event.sequence) + std::string(event.type) + std::string(event.data)); });
    EXPECT_EQ(seen, (std::vector<std::string>{R"(7token{"content":"a\n\ndata: b"})", "8message{}"}));
}

}  // namespace
}  // namespace agentic::services
