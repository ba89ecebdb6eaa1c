// What is sent to Sentry, how often, and what happens when it cannot be.
#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/encoding.hpp"
#include "support/fake_clock.hpp"
#include "telemetry/sentry_reporter.hpp"

namespace agentic::telemetry {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto kDsn = "https://abc123@sentry.example:9000/sub/42";
const Reporter kReporter{.release = "agentic@1.2.3", .environment = "staging", .server_name = "host-a"};

ErrorReport report(std::string event = "request_failed") {
    return {.at = *Timestamp::parse("2026-11-22T10:00:00.5Z"), .event = std::move(event), .message = "Internal server error",
            .fields = {{"request_id", "r-1"}, {"method", "GET"}, {"route", "/v1/agents/{agent_id}"}, {"path", "/v1/agents/7"}, {"tenant_id", ""}, {"context", "no such \"table\"\nagents"}}};
}

/// The three lines of an envelope, parsed; the payload last.
std::vector<json::object> parts(const std::string& envelope) {
    std::vector<json::object> out;
    for (std::size_t at = 0; at < envelope.size();) {
        const auto end = envelope.find('\n', at);
        out.push_back(json::parse(std::string_view(envelope).substr(at, end - at)).as_object());
        at = end + 1;
    }
    return out;
}

TEST(SentryDsn, SaysWhereEnvelopesGo) {
    const auto dsn = parse_sentry_dsn(kDsn);
    ASSERT_TRUE(dsn);
    EXPECT_EQ(dsn->envelope_url, "https://sentry.example:9000/sub/api/42/envelope/");
    EXPECT_EQ(dsn->public_key.reveal(), "abc123");
    EXPECT_EQ(parse_sentry_dsn("http://k:old-secret@[::1]:9000/1")->envelope_url, "http://[::1]:9000/api/1/envelope/");
    EXPECT_EQ(parse_sentry_dsn("http://k:old-secret@[::1]:9000/1")->public_key.reveal(), "k");
}

TEST(SentryDsn, RefusesWhatIsNone) {
    for (const auto* bad : {"", "sentry.example/1", "ftp://k@h/1", "https://h/1", "https://@h/1", "https://k@h", "https://k@h/", "https://k@/1", "https://k@h/1?x=y", "https://k y@h/1", "https://k\"@h/1", "https://k@h/a b"}) {
        const auto dsn = parse_sentry_dsn(bad);
        EXPECT_FALSE(dsn) << bad;
    }
}

TEST(SentryEvent, IsAnEnvelopeOfOneEvent) {
    const auto all = parts(sentry_envelope(report(), kReporter, *Timestamp::parse("2026-11-22T10:00:01Z"), 0));
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[1], (json::object{{"type", "event"}}));
    const auto& event = all[2];
    EXPECT_EQ(all[0].at("event_id"), event.at("event_id"));
    EXPECT_EQ(event.at("event_id").as_string().size(), 32U);
    EXPECT_EQ(all[0].at("sent_at"), "2026-11-22T10:00:01.000000Z");
    EXPECT_EQ(event.at("timestamp"), "2026-11-22T10:00:00.500000Z");
    EXPECT_EQ(event.at("level"), "error");
    EXPECT_EQ(event.at("release"), "agentic@1.2.3");
    EXPECT_EQ(event.at("environment"), "staging");
    EXPECT_EQ(event.at("server_name"), "host-a");
    EXPECT_EQ(event.at("transaction"), "GET /v1/agents/{agent_id}");
    EXPECT_EQ(event.at("fingerprint"), (json::array{"request_failed", "/v1/agents/{agent_id}"}));
    EXPECT_EQ(event.at("tags"), (json::object{{"request_id", "r-1"}, {"method", "GET"}, {"route", "/v1/agents/{agent_id}"}})) << "and nothing for what is empty";
    EXPECT_EQ(event.at("extra"), (json::object{{"path", "/v1/agents/7"}, {"context", "no such \"table\"\nagents"}}));
    const auto& exception = event.at("exception").at("values").at(0);
    EXPECT_EQ(exception.at("type"), "request_failed");
    EXPECT_EQ(exception.at("value"), "Internal server error");
}

TEST(SentryEvent, SaysHowManyWereLost) {
    EXPECT_EQ(parts(sentry_envelope(report(), kReporter, {}, 7))[2].at("extra").at("reports_lost_before"), 7);
}

TEST(SentryEvent, StaysSmallAndWellFormed) {
    auto huge = report();
    huge.message = std::string(1 << 20, 'x') + "\xff";
    for (int i = 0; i < 100; ++i) huge.fields.emplace_back("f" + std::to_string(i), "\xff\n" + std::string(100'000, '\x01'));
    const auto envelope = sentry_envelope(huge, kReporter, {}, 0);
    EXPECT_LT(envelope.size(), 1U << 20) << "Sentry's limit";
    EXPECT_TRUE(is_valid_utf8(envelope));
    EXPECT_EQ(parts(envelope).size(), 3U);
}

http::OutboundResponse answer(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::OutboundResponse out;
    out.status = status;
    out.headers = std::move(headers);
    return out;
}

TEST(SentryPause, FollowsTheServer) {
    EXPECT_EQ(sentry_pause(answer(200)), 0s);
    EXPECT_EQ(sentry_pause(answer(429)), 60s);
    EXPECT_EQ(sentry_pause(answer(429, {{"retry-after", "17"}})), 17s);
    EXPECT_EQ(sentry_pause(answer(429, {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}})), 60s) << "from when?";
    EXPECT_EQ(sentry_pause(answer(429, {{"retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"}, {"date", "Wed, 21 Oct 2026 07:26:00 GMT"}})), 120s);
    EXPECT_EQ(sentry_pause(answer(200, {{"x-sentry-rate-limits", "60:transaction:key, 2700:default;error;security:organization"}})), 2700s);
    EXPECT_EQ(sentry_pause(answer(429, {{"x-sentry-rate-limits", "60:transaction:key"}})), 0s) << "errors are still welcome";
    EXPECT_EQ(sentry_pause(answer(200, {{"x-sentry-rate-limits", "30::organization"}})), 30s) << "no category is every category";
    EXPECT_EQ(sentry_pause(answer(200, {{"x-sentry-rate-limits", "99999999999999999999999::key"}})), 60s);
    EXPECT_EQ(sentry_pause(answer(200, {{"x-sentry-rate-limits", "1000000000::key"}})), 24h);
    EXPECT_EQ(sentry_pause(answer(200, {{"x-sentry-rate-limits", ",;:::"}})), 60s) << "nonsense for everything";
}

/// Answers what the test says and keeps what was sent.
struct FakeSentry final : http::OutboundClient {
    Task<http::OutboundResponse> send(http::OutboundRequest request) override {
        sent.push_back(std::move(request));
        co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable_t<IoExecutor>());  // as an answer takes a while
        co_return reply();
    }
    std::function<Result<http::OutboundResponse>()> reply = [] { return answer(200); };
    std::vector<http::OutboundRequest> sent;
};

class SentryReporterTest : public testing::Test {
protected:
    void go() {
        context.restart();
        context.run_for(20ms);
    }
    void stop() {
        auto done = std::make_shared<bool>(false);
        ending.spawn(context.get_executor(), end(done));
        context.restart();
        context.run_for(5s);
        EXPECT_TRUE(*done);
    }
    Awaitable<void> end(std::shared_ptr<bool> done) {
        co_await reporter.stop(2s);
        *done = true;
    }
    std::uint64_t lost_of(std::size_t index) {
        const auto event = parts(sentry.sent.at(index).body)[2];
        const auto* lost = event.at("extra").as_object().if_contains("reports_lost_before");
        return lost == nullptr ? 0 : lost->to_number<std::uint64_t>();
    }

    asio::io_context context{1};
    test::FakeClock clock;
    FakeSentry sentry;
    SentryReporter reporter{*parse_sentry_dsn(kDsn), kReporter, sentry, clock, context.get_executor()};
    async::TaskGroup ending{"test"};
};

TEST_F(SentryReporterTest, SendsWhatItIsToldWithTheKeyInAHeader) {
    reporter.report(report("before_start"));
    reporter.start();
    reporter.report(report());
    go();
    ASSERT_EQ(sentry.sent.size(), 2U);
    const auto& request = sentry.sent[1];
    EXPECT_EQ(request.url, "https://sentry.example:9000/sub/api/42/envelope/");
    EXPECT_EQ(request.headers.at(0).second, "application/x-sentry-envelope");
    EXPECT_EQ(request.secret_headers.at(0).first, "x-sentry-auth");
    EXPECT_TRUE(request.secret_headers.at(0).second.reveal().contains("sentry_version=7"));
    EXPECT_TRUE(request.secret_headers.at(0).second.reveal().ends_with("sentry_key=abc123"));
    EXPECT_FALSE(request.body.contains("abc123"));
    stop();
}

TEST_F(SentryReporterTest, LetsAFloodThroughAsABurstAndThenOneASecond) {
    reporter.start();
    for (int i = 0; i < 500; ++i) {
        reporter.report(report());
        if (i % 10 == 0) go();
    }
    go();
    EXPECT_EQ(sentry.sent.size(), 60U);
    clock.advance(1s);
    for (int i = 0; i < 5; ++i) reporter.report(report());
    go();
    ASSERT_EQ(sentry.sent.size(), 61U);
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < sentry.sent.size(); ++i) lost += lost_of(i);
    EXPECT_EQ(lost, 440U + 4U) << "each of them is counted once";
    stop();
}

TEST_F(SentryReporterTest, IsSilentForAsLongAsTheServerWants) {
    reporter.start();
    sentry.reply = [] { return answer(429, {{"retry-after", "30"}}); };
    reporter.report(report());
    go();
    sentry.reply = [] { return answer(200); };
    clock.advance(29s);
    reporter.report(report());
    go();
    EXPECT_EQ(sentry.sent.size(), 1U);
    clock.advance(2s);
    reporter.report(report());
    go();
    ASSERT_EQ(sentry.sent.size(), 2U);
    EXPECT_EQ(lost_of(1), 2U) << "the one refused and the one not sent";
    stop();
}

TEST_F(SentryReporterTest, LosesWhatCannotBeDeliveredAndSaysSoLater) {
    reporter.start();
    sentry.reply = []() -> Result<http::OutboundResponse> { return fail(ErrorCode::upstream_error, "The server cannot be reached"); };
    for (int i = 0; i < 3; ++i) reporter.report(report());
    go();
    sentry.reply = [] { return answer(200); };
    reporter.report(report());
    go();
    reporter.report(report());
    go();
    ASSERT_EQ(sentry.sent.size(), 5U);
    EXPECT_EQ(lost_of(3), 3U);
    EXPECT_EQ(lost_of(4), 0U) << "said once";
    stop();
}

TEST_F(SentryReporterTest, SendsWhatWaitsBeforeItEndsButNotForEver) {
    reporter.start();
    for (int i = 0; i < 3; ++i) reporter.report(report());
    sentry.reply = [this] {
        clock.advance(1500ms);
        return answer(200);
    };
    stop();
    EXPECT_EQ(sentry.sent.size(), 2U) << "the third would have come after two seconds";
}

}  // namespace
}  // namespace agentic::telemetry
