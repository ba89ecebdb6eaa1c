#include "telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <format>
#include <thread>
#include <vector>

namespace agentic::telemetry {
namespace {

using namespace std::chrono_literals;

/// What the metric with these labels says, as it stands in the text; "" when it is not there.
std::string value_of(const Metrics& metrics, const std::string& metric) {
    const auto text = "\n" + metrics.text();
    const auto found = text.find("\n" + metric + " ");
    if (found == std::string::npos) return {};
    const auto start = found + metric.size() + 2;
    return text.substr(start, text.find('\n', start) - start);
}

Uuid tenant(int number) { return *Uuid::parse(std::format("0191b2a4-7c3d-7e11-8f00-{:012d}", number)); }

TEST(Metrics, CountsAndTimesRequestsByRouteAndStatus) {
    Metrics metrics("1.2.3", false);
    metrics.request("GET", "/v1/agents", 200, 2ms);
    metrics.request("GET", "/v1/agents", 200, 30ms);
    metrics.request("GET", "/v1/agents", 404, 2ms);
    metrics.request("POST", "/v1/agents", 201, 2ms);
    EXPECT_EQ(value_of(metrics, R"(agentic_http_requests_total{method="GET",route="/v1/agents",status="200"})"), "2");
    EXPECT_EQ(value_of(metrics, R"(agentic_http_requests_total{method="GET",route="/v1/agents",status="404"})"), "1");
    EXPECT_EQ(value_of(metrics, R"(agentic_http_requests_total{method="POST",route="/v1/agents",status="201"})"), "1");
    EXPECT_EQ(value_of(metrics, R"(agentic_http_request_duration_seconds_bucket{method="GET",route="/v1/agents",le="0.0025"})"), "2");
    EXPECT_EQ(value_of(metrics, R"(agentic_http_request_duration_seconds_bucket{method="GET",route="/v1/agents",le="+Inf"})"), "3");
    EXPECT_EQ(value_of(metrics, R"(agentic_http_request_duration_seconds_count{method="GET",route="/v1/agents"})"), "3");
    EXPECT_EQ(value_of(metrics, R"(agentic_build_info{version="1.2.3"})"), "1");
}

TEST(Metrics, AddsUpWhatModelsUseAndCost) {
    Metrics metrics("1", false);
    ModelCallSample call{.provider = "openai", .model = "gpt", .outcome = "ok", .took = 1s, .first_token = 100ms, .input_tokens = 10, .output_tokens = 5, .cache_read_tokens = 4,
                         .cache_write_tokens = 3, .reasoning_tokens = 2, .cost_micros = 1'500'000};
    metrics.model_call(call);
    call.outcome = "upstream_error";
    call.first_token.reset();
    metrics.model_call(call);
    const auto tokens = [&](const std::string& type) { return value_of(metrics, R"(agentic_model_tokens_total{model="gpt",provider="openai",type=")" + type + R"("})"); };
    EXPECT_EQ(tokens("input"), "20");
    EXPECT_EQ(tokens("output"), "10");
    EXPECT_EQ(tokens("cache_read"), "8");
    EXPECT_EQ(tokens("cache_write"), "6");
    EXPECT_EQ(tokens("reasoning"), "4");
    EXPECT_EQ(value_of(metrics, R"(agentic_model_cost_dollars_total{model="gpt",provider="openai"})"), "3");
    EXPECT_EQ(value_of(metrics, R"(agentic_model_calls_total{model="gpt",outcome="ok",provider="openai"})"), "1");
    EXPECT_EQ(value_of(metrics, R"(agentic_model_calls_total{model="gpt",outcome="upstream_error",provider="openai"})"), "1");
    EXPECT_EQ(value_of(metrics, R"(agentic_model_call_duration_seconds_count{model="gpt",provider="openai"})"), "2");
    EXPECT_EQ(value_of(metrics, R"(agentic_model_first_token_seconds_count{model="gpt",provider="openai"})"), "1");
}

TEST(Metrics, NamesNoTenantUnlessAsked) {
    Metrics metrics("1", false);
    metrics.run_ended("completed", 1s, tenant(1), 10, 5);
    EXPECT_EQ(value_of(metrics, R"(agentic_runs_total{status="completed"})"), "1");
    EXPECT_EQ(metrics.text().find("tenant"), std::string::npos);
}

TEST(Metrics, NamesAThousandTenantsAtMost) {
    Metrics metrics("1", true);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 1'200; ++i) metrics.run_ended("completed", 1s, tenant(i), 10, 5);
    }
    const auto tokens = [&](const std::string& id, const std::string& type) {
        return value_of(metrics, R"(agentic_tenant_tokens_total{tenant_id=")" + id + R"(",type=")" + type + R"("})");
    };
    EXPECT_EQ(tokens(tenant(0).to_string(), "input"), "20");
    EXPECT_EQ(tokens(tenant(999).to_string(), "output"), "10");
    EXPECT_EQ(tokens(tenant(1'000).to_string(), "input"), "");
    EXPECT_EQ(tokens("other", "input"), "4000");
}

TEST(Metrics, CountsErrorsOfManyKindsTogetherBeyondALimit) {
    Metrics metrics("1", false);
    for (int i = 0; i < 300; ++i) metrics.error_logged("event_" + std::to_string(i));
    metrics.error_logged("event_0");
    EXPECT_EQ(value_of(metrics, R"(agentic_log_errors_total{event="event_0"})"), "2");
    EXPECT_EQ(value_of(metrics, R"(agentic_log_errors_total{event="event_299"})"), "");
    EXPECT_EQ(value_of(metrics, R"(agentic_log_errors_total{event="other"})"), "100");
}

TEST(Metrics, ReadsWhatItWatchesWhenItIsAsked) {
    Metrics metrics("1", false);
    double now = 1;
    metrics.watch("agentic_here", "Here", Metrics::Kind::gauge, [&] { return now; });
    metrics.watch("agentic_seen_total", "Seen", Metrics::Kind::counter, [&] { return now * 2; });
    now = 21;
    const auto text = metrics.text();
    EXPECT_NE(text.find("# TYPE agentic_here gauge\nagentic_here 21\n"), std::string::npos) << text;
    EXPECT_NE(text.find("# TYPE agentic_seen_total counter\nagentic_seen_total 42\n"), std::string::npos) << text;
}

TEST(Metrics, EscapesWhatTheTextFormatWouldMisread) {
    Metrics metrics("1\"\n\\", false);
    EXPECT_NE(metrics.text().find(R"(agentic_build_info{version="1\"\n\\"} 1)"), std::string::npos) << metrics.text();
}

TEST(Metrics, LoseNothingBetweenThreads) {
    constexpr int kThreads = 4;
    constexpr int kEach = 2'000;
    Metrics metrics("1", true);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&metrics] {
                for (int i = 0; i < kEach; ++i) {
                    metrics.request("GET", i % 2 == 0 ? "/a" : "/b", 200, 1ms);
                    metrics.database_call("agent_list", i % 4 != 0, 1ms);
                    metrics.run_ended("completed", 1ms, tenant(i % 10), 1, 1);
                    if (i % 500 == 0) (void)metrics.text();
                }
            });
        }
    }
    EXPECT_EQ(value_of(metrics, R"(agentic_http_requests_total{method="GET",route="/a",status="200"})"), "4000");
    EXPECT_EQ(value_of(metrics, R"(agentic_database_calls_total{outcome="failed",statement="agent_list"})"), "2000");
    EXPECT_EQ(value_of(metrics, R"(agentic_database_call_duration_seconds_count{statement="agent_list"})"), "8000");
    EXPECT_EQ(value_of(metrics, R"(agentic_runs_total{status="completed"})"), "8000");
}

TEST(ProcessMetrics, AreThoseOfThisProcess) {
    Metrics metrics("1", false);
    watch_process(metrics);
    const auto number = [&](const std::string& name) { return std::stod("0" + value_of(metrics, name)); };
    EXPECT_GT(number("process_cpu_seconds_total"), 0);
    EXPECT_GT(number("process_resident_memory_bytes"), 1 << 20);
    EXPECT_GE(number("process_virtual_memory_bytes"), number("process_resident_memory_bytes"));
    EXPECT_GE(number("process_open_fds"), 3);
    EXPECT_GE(number("process_max_fds"), number("process_open_fds"));
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_NEAR(number("process_start_time_seconds"), now, 3600);
}

}  // namespace
}  // namespace agentic::telemetry
