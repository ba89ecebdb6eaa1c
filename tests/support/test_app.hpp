#pragma once
// The whole API in process: every route, a real database, no sockets.
//
//     TestApp app;
//     auto ann = app.user("acme", Role::member);
//     EXPECT_EQ(ann.post("/v1/agents", R"({"name": "A", "slug": "a"})").status, 201);
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <utility>

#include "api/answer_cache.hpp"
#include "api/dispatch.hpp"
#include "api/route.hpp"
#include "api/services.hpp"
#include "api/v1/health.hpp"
#include "core/encoding.hpp"
#include "services/authenticator.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"
#include "support/tenants.hpp"

namespace agentic::test {

/// Knows principals by name: "Bearer ann" is the principal stored as "ann".
class NamedAuthenticator final : public auth::Authenticator {
public:
    std::map<std::string, Principal, std::less<>> principals;

    Task<auth::Authenticated> authenticate(std::string authorization, std::string) override {
        const auto found = principals.find(authorization);
        if (found == principals.end()) co_return fail(ErrorCode::not_authenticated, "Not authenticated");
        co_return auth::Authenticated{found->second, scope_of(found->second)};
    }
    std::optional<auth::Authenticated> cached(std::string_view, std::string_view) override { return std::nullopt; }
};

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string body;

    /// The member at a path such as "data.0.slug", as JSON text ("null" when it is not there); strings without their quotes.
    std::string at(std::string_view path) const {
        boost::json::value value = boost::json::parse(body);
        while (!path.empty()) {
            const auto dot = path.find('.');
            const auto key = path.substr(0, dot);
            path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
            value = step(value, key);
        }
        return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
    }
    /// How many elements the array at `path` has.
    std::size_t count(std::string_view path) const { return boost::json::parse(at(path)).as_array().size(); }
    std::string header(std::string_view name) const { return std::string(headers.get(name).value_or("")); }

private:
    static boost::json::value step(const boost::json::value& value, std::string_view key) {
        if (value.is_object() && value.get_object().contains(key)) return value.get_object().at(key);
        if (!value.is_array()) return nullptr;
        const auto index = static_cast<std::size_t>(std::stoul(std::string(key)));
        return index < value.get_array().size() ? value.get_array().at(index) : boost::json::value(nullptr);
    }
};

class TestApp {
public:
    /// One caller of the API.
    class Client {
    public:
        Client(TestApp& app, std::string authorization, Principal principal)
            : app_(&app), authorization_(std::move(authorization)), principal_(std::move(principal)) {}

        using Headers = std::vector<std::pair<std::string, std::string>>;

        Answer get(std::string path, Headers headers = {}) const { return send(http::Method::get, std::move(path), {}, headers); }
        Answer post(std::string path, std::string body = "", Headers headers = {}) const { return send(http::Method::post, std::move(path), std::move(body), headers); }
        Answer patch(std::string path, std::string body, Headers headers = {}) const { return send(http::Method::patch, std::move(path), std::move(body), headers); }
        Answer del(std::string path, Headers headers = {}) const { return send(http::Method::del, std::move(path), {}, headers); }

        const Principal& principal() const { return principal_; }
        TenantScope scope() const { return TenantScope::system(principal_.tenant_id, "a client of a test"); }

        Answer send(http::Method method, std::string path, std::string body, const Headers& headers) const {
            http::Request request{.method = method, .path = path.substr(0, path.find('?')), .request_id = "req-test"};
            if (const auto mark = path.find('?'); mark != path.npos) request.query = query_of(path.substr(mark + 1));
            if (!authorization_.empty()) request.headers.add("Authorization", authorization_);
            if (!body.empty()) request.headers.add("Content-Type", "application/json");
            for (const auto& [name, value] : headers) request.headers.add(name, value);
            request.body = std::move(body);
            auto response = app_->run(app_->dispatcher_(request));
            return {response.status, std::move(response.headers), std::move(response.body)};
        }

    private:
        static std::vector<std::pair<std::string, std::string>> query_of(std::string_view text) {
            std::vector<std::pair<std::string, std::string>> out;
            while (!text.empty()) {
                const auto pair = text.substr(0, text.find('&'));
                text.remove_prefix(std::min(text.size(), pair.size() + 1));
                const auto equals = std::min(pair.find('='), pair.size());
                out.emplace_back(percent_decode(pair.substr(0, equals), true).value(),
                                 percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true).value());
            }
            return out;
        }

        TestApp* app_;
        std::string authorization_;
        Principal principal_;
    };

    FakeClock clock;
    TestDatabase database;

    Client anonymous() { return {*this, "", {}}; }

    /// A new user of the tenant with that slug, which is made when it is missing.
    Client user(const std::string& tenant_slug, Role role) {
        auto tenant = tenants_.find(tenant_slug);
        if (tenant == tenants_.end()) tenant = tenants_.emplace(tenant_slug, run(TestTenant::create(*database, clock, tenant_slug))).first;
        return client(run(tenant->second.add_user(*database, clock, role)).principal);
    }

    /// A caller with exactly this principal, such as an API key of a user that exists.
    Client client(Principal principal) {
        const auto authorization = "Bearer " + std::to_string(authenticator_.principals.size());
        authenticator_.principals[authorization] = principal;
        return {*this, authorization, std::move(principal)};
    }

    api::Services& services() { return services_; }

    /// The value of a coroutine; throws when it takes longer than ten seconds.
    template <class T>
    T run(Awaitable<T> work) {
        std::optional<T> out;
        std::exception_ptr failure;
        asio::co_spawn(io_, keep(std::move(work), out), [&](std::exception_ptr thrown) { failure = thrown; });
        io_.restart();
        io_.run_for(kCoTestMax);
        if (failure) std::rethrow_exception(failure);
        if (!out) throw std::runtime_error("the coroutine did not finish in time");
        return *std::move(out);
    }

private:
    template <class T>
    static Awaitable<void> keep(Awaitable<T> work, std::optional<T>& out) {
        out = co_await std::move(work);
    }

    asio::io_context io_{1};
    api::Readiness readiness_{*database};
    api::AnswerCache answers_;
    api::Services services_{.clock = clock, .db = *database, .readiness = readiness_, .answers = &answers_};
    NamedAuthenticator authenticator_;
    api::Dispatcher dispatcher_{api::all_routes(), services_, authenticator_};
    std::map<std::string, TestTenant> tenants_;
};

}  // namespace agentic::test
