// Our clients against tests/support/scripted_llm.py, which checks requests as the real services do and can misbehave in every way.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "protocol_fixture.hpp"
#include "providers/llm/llm_clients.hpp"
#include "support/scripted_run.hpp"

namespace agentic::llm {
namespace {

using namespace std::chrono_literals;
using namespace test;
using agentic::test::run;

/// The Python server, for the life of the test suite.
class ScriptedProcess {
public:
    ScriptedProcess() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        char name[] = "python3", script[] = "tests/support/scripted_llm.py";
        char* arguments[] = {name, script, nullptr};
        if (::posix_spawnp(&pid_, name, &actions, nullptr, arguments, environ) != 0) throw std::runtime_error("python3 cannot be started");
        posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::string line;
        for (char c = 0; c != '\n' && ::read(ends[0], &c, 1) == 1;) line += c;
        ::close(ends[0]);
        url_ = "http://127.0.0.1:" + std::to_string(std::atoi(line.c_str() + line.rfind(':') + 1));
    }
    ~ScriptedProcess() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    ScriptedProcess(const ScriptedProcess&) = delete;
    ScriptedProcess& operator=(const ScriptedProcess&) = delete;
    const std::string& url() const { return url_; }

private:
    pid_t pid_ = 0;
    std::string url_;
};

class ScriptedProvider : public testing::TestWithParam<std::string> {
protected:
    static void SetUpTestSuite() { process = std::make_unique<ScriptedProcess>(); }
    static void TearDownTestSuite() { process.reset(); }

    ScriptedProvider() {
        outbound = *http::make_outbound_client(std::make_unique<http::GuardedPolicy>(*http::AddressGuard::create("127.0.0.1/32")));
        clients = std::make_unique<LlmClients>(*outbound, catalog, http::RetryPolicy{.base = 1ms});
    }

    std::string control(const std::string& path, std::string body) {
        http::OutboundRequest request;
        request.url = process->url() + path;
        request.body = std::move(body);
        auto response = run(context, outbound->send(std::move(request)));
        EXPECT_TRUE(response) << response.error().internal_context << " " << process->url();
        return response ? std::move(response->body) : std::string();
    }
    void script(const std::string& reply) { control("/__script", R"({"default":)" + reply + "}"); }
    std::int64_t count(const char* what) { return boost::json::parse(control("/__requests", "")).at(what).to_number<std::int64_t>(); }

    Request request() const {
        const bool anthropic = GetParam() == "anthropic";
        auto out = request_for(GetParam(), anthropic ? "claude-opus-5-5" : "gpt-4o");
        out.endpoint.base_url = process->url() + (anthropic ? "" : "/v1");
        out.messages = {user("Hello")};
        out.deadline = std::chrono::steady_clock::now() + 5s;
        return out;
    }
    Result<Answer> call(Request what) { return run(context, clients->find(GetParam())->stream(std::move(what), [](const Delta&) {})); }

    static inline std::unique_ptr<ScriptedProcess> process;
    asio::io_context context;
    ModelCatalog catalog = ModelCatalog::builtin();
    std::unique_ptr<http::OutboundClient> outbound;
    std::unique_ptr<LlmClients> clients;
};

TEST_P(ScriptedProvider, AcceptsAWholeToolLoop) {
    control("/__reset", "");
    script(R"({"text":"Let me see.","thinking":["Which ","city?"],"tool_calls":[{"name":"weather","input":{"city":"Zürich"}},{"name":"clock","input":{}}]})");
    auto ask = request();
    ask.system_prompt = "Be brief.";
    ask.temperature = 0;
    ask.tools = {{"weather", "The weather", {R"({"type":"object"})"}}, {"clock", "", {"null"}}};
    ask.passages = {{"p-1", "Climate", "It is mild."}};
    const auto first = call(ask);
    ASSERT_TRUE(first) << first.error().internal_context;
    EXPECT_EQ(first->stop_reason, StopReason::tool_use);
    ask.messages.push_back({MessageRole::assistant, first->blocks});
    Message results{MessageRole::user, {TextBlock{"Here you are."}}};
    for (const auto& block : first->blocks) {
        if (const auto* use = std::get_if<ToolUseBlock>(&block)) results.blocks.emplace_back(ToolResultBlock{use->id, "12 °C", false});
    }
    EXPECT_EQ(results.blocks.size(), 3U);
    ask.messages.push_back(std::move(results));
    script(R"({"text":"Mild, 12 °C.","usage":{"input_tokens":100,"output_tokens":7,"cache_read_input_tokens":40,"thinking_tokens":3}})");
    const auto second = call(ask);
    ASSERT_TRUE(second) << second.error().internal_context << ": thinking goes back unmodified, results before text";
    EXPECT_EQ(second->text(), "Mild, 12 °C.");
    EXPECT_EQ(second->usage.cache_read_tokens, 40);
    EXPECT_EQ(second->usage.reasoning_tokens, 3);
    EXPECT_EQ(second->usage.input_tokens, GetParam() == "anthropic" ? 140 : 100) << "every prompt token, counted once";
}

TEST_P(ScriptedProvider, DanglingToolCallsAreTheCallersFault) {
    control("/__reset", "");
    auto ask = request();
    ask.messages.push_back({MessageRole::assistant, {ToolUseBlock{"t1", "f", {"{}"}}}});
    ask.messages.push_back(user("And?"));
    const auto answer = call(ask);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::bad_request);
    EXPECT_EQ(count("count"), 1) << "not retried";
}

TEST_P(ScriptedProvider, HarmlessOdditiesChangeNothing) {
    for (const std::string odd : {R"("ping":true)", R"("unknown_events":true)", R"("comments":true)", R"("crlf":true)", R"("split_bytes":1)", R"("split_bytes":3,"ping":true)", R"("delay_ms":5)"}) {
        script(R"({"pieces":["Grüezi ","😀"," 日本"],)" + odd + "}");
        const auto answer = call(request());
        ASSERT_TRUE(answer) << odd << answer.error().internal_context;
        EXPECT_EQ(answer->text(), "Grüezi 😀 日本") << odd;
    }
}

TEST_P(ScriptedProvider, EveryFaultEndsWithAnErrorByItsDeadline) {
    for (const std::string fault : {R"("error_after":1)", R"("cut_after":1)", R"("cut_after":0)", R"("hang_after":1)", R"("bad_json_after":0)", R"("bad_json_after":2)", R"("status":500)",
                                    R"("status":429)", R"("status":529,"headers":{"retry-after-ms":"1"})", R"("status":200,"raw_body":"<html>")", R"("status":503,"raw_body":"")",
                                    R"("endless":true,"delay_ms":1)", R"("endless":true,"split_bytes":1,"split_delay_ms":5)", R"("first_delay_ms":5000)"}) {
        script(R"({"pieces":["one ","two "],)" + fault + "}");
        auto ask = request();
        ask.deadline = std::chrono::steady_clock::now() + 700ms;
        const auto begin = std::chrono::steady_clock::now();
        const auto answer = call(std::move(ask));
        EXPECT_FALSE(answer) << fault;
        EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s) << fault;
    }
    context.restart();
    context.run_for(100ms);
    EXPECT_LE(count("open"), 3) << "pooled connections at the most: broken and abandoned ones are closed";
}

TEST_P(ScriptedProvider, RetriesAreCounted) {
    control("/__script", R"({"rules":[{"times":2,"status":529,"headers":{"retry-after-ms":"1"}}],"default":{"text":"At last."}})");
    const auto answer = call(request());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->text(), "At last.");
    EXPECT_EQ(count("count"), 3);
}

INSTANTIATE_TEST_SUITE_P(Protocols, ScriptedProvider, testing::Values("anthropic", "openai"), [](const auto& param) { return param.param; });

}  // namespace
}  // namespace agentic::llm
