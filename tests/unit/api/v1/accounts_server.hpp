#pragma once
// The real routes over the services of accounts, driven without sockets.
#include <map>
#include <string>

#include "api/dispatch.hpp"
#include "api/services.hpp"
#include "api/v1/health.hpp"
#include "unit/services/accounts_fixture.hpp"

namespace agentic::api::test {

struct AccountsServer {
    auth::test::Fixture f;
    Readiness readiness{*f.database};
    AccountServices accounts{f.accounts, f.people, f.api_keys};
    Services services{.clock = f.clock, .db = *f.database, .readiness = readiness, .accounts = &accounts};
    Dispatcher dispatcher{all_routes(), services, f.authenticator};

    using Headers = std::map<std::string, std::string>;

    Awaitable<http::Response> send(http::Method method, std::string path, std::string body = {}, Headers headers = {}) {
        http::Request request{.method = method, .path = std::move(path), .body = std::move(body), .remote_address = "192.0.2.1", .request_id = "test"};
        if (const auto query = request.path.find('?'); query != request.path.npos) {
            const auto equals = request.path.find('=', query);
            request.query.emplace_back(request.path.substr(query + 1, equals - query - 1), request.path.substr(equals + 1));
            request.path.resize(query);
        }
        if (!request.body.empty()) headers.try_emplace("content-type", "application/json");
        for (auto& [name, value] : headers) request.headers.add(name, value);
        co_return co_await dispatcher(request);
    }
    Awaitable<http::Response> post(std::string path, std::string body, std::string token = {}) { return send(http::Method::post, std::move(path), std::move(body), bearer(std::move(token))); }

    static Headers bearer(std::string token) { return token.empty() ? Headers{} : Headers{{"authorization", "Bearer " + token}}; }
};

inline schemas::Session session_of(const http::Response& response) { return agentic::test::value_or_throw(schema::Codec<schemas::Session>::parse(response.body)); }
inline std::string header_of(const http::Response& response, std::string_view name) { return std::string(response.headers.get(name).value_or("")); }

}  // namespace agentic::api::test
