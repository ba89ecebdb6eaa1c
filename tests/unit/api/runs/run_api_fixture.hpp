#pragma once
// The API over a scripted model, in process, on one thread.
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>

#include "providers/llm/model_catalog.hpp"
#include "services/runs/model_access.hpp"
#include "services/runs/run_service.hpp"
#include "support/agents.hpp"
#include "support/fake_llm.hpp"
#include "support/test_app.hpp"

namespace agentic::api {

using namespace std::chrono_literals;

class RunApi : public testing::Test {
public:
    SystemClock clock;
    test::TestDatabase database;
    test::FakeLlm llm;
    llm::ModelCatalog catalog = llm::ModelCatalog::builtin();
    services::CatalogFacts facts{catalog};
    services::ConfiguredEndpoints endpoints{{{"openai", {.api_key = Secret("key"), .key_setting = "OPENAI_API_KEY"}},
                                             {"anthropic", {.key_setting = "ANTHROPIC_API_KEY"}}}};
    services::RunService runs{{clock, *database, llm, endpoints, facts}, {}};
    Readiness readiness{*database};
    test::NamedAuthenticator authenticator;
    Services services{.clock = clock, .db = *database, .readiness = readiness, .runs = &runs, .authenticator = &authenticator, .models = &catalog};
    Dispatcher dispatcher{all_routes(), services, authenticator};
    test::TestUser ann;
    db::AgentRow agent;

    Awaitable<void> begin() {
        auto tenant = co_await test::TestTenant::create(*database, clock, "acme");
        ann = co_await tenant.add_user(*database, clock, Role::member);
        authenticator.principals["Bearer ann"] = ann.principal;
        auto foreign = co_await test::TestTenant::create(*database, clock, "foreign");
        authenticator.principals["Bearer eve"] = (co_await foreign.add_user(*database, clock, Role::owner)).principal;
        agent = test::agent_row(clock, ann.principal.user_id, "helper");
        agent.model_provider = "openai", agent.model_name = "gpt-5.4";
        (co_await db::AgentRepository(*database).insert(ann.scope, agent)).value();
        (co_await runs.start({co_await asio::this_coro::executor})).value();
    }
    Awaitable<void> finish() { co_await runs.stop(0ms); }

    using Fields = std::vector<std::pair<std::string, std::string>>;
    Awaitable<http::Response> send(http::Method method, std::string path, std::string body = "", Fields headers = {}, std::string who = "Bearer ann") {
        http::Request request{.method = method, .path = path.substr(0, path.find('?')), .request_id = "req-test"};
        if (const auto mark = path.find('?'); mark != path.npos) {
            const auto pair = path.substr(mark + 1);
            request.query.emplace_back(pair.substr(0, pair.find('=')), pair.substr(pair.find('=') + 1));
        }
        request.headers.add("Authorization", who);
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        for (const auto& [name, value] : headers) request.headers.add(name, value);
        request.body = std::move(body);
        co_return co_await dispatcher(request);
    }
    Awaitable<http::Response> execute(std::string body, std::string who = "Bearer ann") {
        co_return co_await send(http::Method::post, "/v1/agents/" + agent.id.to_string() + "/execute", std::move(body), {}, std::move(who));
    }
    static Awaitable<std::string> read_all(http::Response response) {
        std::string out;
        if (!response.stream) co_return std::move(response.body);
        while (auto piece = co_await response.stream->next()) out += *piece;
        co_return out;
    }
    /// The member at a path such as "data.0.slug".
    static std::string at(const http::Response& response, std::string_view path) { return test::Answer{response.status, {}, response.body}.at(path); }
};

}  // namespace agentic::api
