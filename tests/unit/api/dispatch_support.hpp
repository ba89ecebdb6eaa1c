#pragma once
// A server of made-up things, driven without sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "api/dispatch.hpp"
#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/health.hpp"
#include "core/clock.hpp"
#include "db/executor.hpp"
#include "services/authenticator.hpp"

namespace agentic::api::test {

struct Thing {
    std::string name;
    std::int32_t size = 1;
};

struct ThingQuery {
    std::int32_t limit = 20;
};

class FakeAuthenticator final : public auth::Authenticator {
public:
    std::map<std::string, Principal, std::less<>> known;      // by the Authorization header; found in the cache when `cache` is set
    bool cache = false;
    int asked = 0;
    std::string last_api_key;

    Task<auth::Authenticated> authenticate(std::string authorization, std::string api_key) override {
        ++asked;
        last_api_key = std::move(api_key);
        if (auto found = find(authorization)) co_return *std::move(found);
        co_return fail(ErrorCode::not_authenticated, "Not authenticated");
    }
    std::optional<auth::Authenticated> cached(std::string_view authorization, std::string_view) override {
        return cache ? find(authorization) : std::nullopt;
    }

private:
    std::optional<auth::Authenticated> find(std::string_view authorization) {
        const auto found = known.find(authorization);
        if (found == known.end()) return std::nullopt;
        return auth::Authenticated{found->second, scope_of(found->second)};
    }
};

/// No route of these tests reads rows.
class NoDatabase final : public db::Executor {
public:
    Task<db::Rows> query(db::Scope, const db::Statement&, db::Params) override { co_return fail(ErrorCode::unavailable, "no database"); }
    Task<std::vector<db::Rows>> batch(db::Scope, db::Batch) override { co_return fail(ErrorCode::unavailable, "no database"); }
    Task<std::vector<db::Rows>> read(db::Scope, db::Batch) override { co_return fail(ErrorCode::unavailable, "no database"); }
    Task<std::uint64_t> change_mark(TenantScope, std::string_view) override { co_return fail(ErrorCode::unavailable, "gone"); }
    Task<> ping() override { co_return fail(ErrorCode::unavailable, "no database"); }
    Engine engine() const override { return Engine::sqlite; }
};

inline Principal person(Role role) {
    Principal who;
    who.user_id = *Uuid::parse("0190a0b0-0000-7000-8000-0000000000aa");
    who.tenant_id = *Uuid::parse("0190a0b0-0000-7000-8000-0000000000bb");
    who.role = role;
    return who;
}

inline Principal api_key(Role role, std::vector<std::string> scopes) {
    auto who = person(role);
    who.kind = Principal::Kind::api_key;
    who.scopes = std::move(scopes);
    return who;
}

inline Principal platform_admin() {
    Principal who;
    who.kind = Principal::Kind::platform_admin;
    who.role = Role::owner;
    return who;
}

class ThingServer {
public:
    explicit ThingServer(std::vector<Route> routes) : routes_(std::move(routes)) {
        authenticator.known = {{"Bearer viewer", person(Role::viewer)},
                               {"Bearer member", person(Role::member)},
                               {"Bearer key", api_key(Role::admin, {"things:write"})},
                               {"Bearer admin", platform_admin()}};
    }

    FakeAuthenticator authenticator;

    http::Response send(http::Request request) {
        if (request.request_id.empty()) request.request_id = "req-1";
        return run(dispatcher_(request));
    }

    /// What an upload is refused with before its body is read.
    std::optional<http::Response> refuse_upload(http::Request request) { return run(dispatcher_.refuse_upload(request)); }

    http::Response send(http::Method method, std::string path, std::string authorization = "Bearer member", std::string body = {}) {
        http::Request request{.method = method, .path = std::move(path)};
        if (!authorization.empty()) request.headers.add("Authorization", authorization);
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        request.body = std::move(body);
        return send(std::move(request));
    }

private:
    template <class Out>
    static Out run(Awaitable<Out> task) {
        asio::io_context io;
        std::optional<Out> out;
        std::exception_ptr failure;
        asio::co_spawn(io, std::move(task), [&](std::exception_ptr error, Out answer) {
            failure = error;
            out.emplace(std::move(answer));
        });
        io.run();
        if (failure) std::rethrow_exception(failure);
        return *std::move(out);
    }

    SystemClock clock_;
    NoDatabase database_;
    Readiness readiness_{database_};
    Services services_{clock_, database_, readiness_};
    std::vector<Route> routes_;
    Dispatcher dispatcher_{routes_, services_, authenticator};
};

inline std::string header(const http::Response& response, std::string_view name) { return std::string(response.headers.get(name).value_or("-")); }

}  // namespace agentic::api::test

extern template struct agentic::schema::Codec<agentic::api::test::Thing>;
extern template struct agentic::schema::Codec<agentic::api::test::ThingQuery>;
