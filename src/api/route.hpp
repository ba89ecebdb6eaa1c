#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "async/types.hpp"
#include "core/tenant.hpp"
#include "http/message.hpp"
#include "schema/codec.hpp"

namespace agentic::api {

struct RequestContext;

/// Who may call a route. There is no default: a route row without a policy does not compile.
class Policy {
public:
    /// No authentication. `reason` is for the reader; the list of open routes is frozen in a test.
    static constexpr Policy open([[maybe_unused]] std::string_view reason) { return Policy(Kind::open, Role::viewer, {}); }
    /// A tenant user of at least this role, or an API key of the tenant that carries `scope`. Ids in the path, query and body belong to the tenant.
    static constexpr Policy role(Role minimum, std::string_view scope) { return Policy(Kind::tenant, minimum, scope); }
    /// The same, but a person: API keys are refused (profile, password, users).
    static constexpr Policy person(Role minimum) { return Policy(Kind::person, minimum, {}); }
    /// The platform administrator, never a tenant user.
    static constexpr Policy platform_admin() { return Policy(Kind::platform_admin, Role::owner, {}); }

    enum class Kind : std::uint8_t { open, tenant, person, platform_admin };
    Kind kind() const { return kind_; }
    Role minimum() const { return minimum_; }
    std::string_view scope() const { return scope_; }
    /// nullopt when `principal` may call, else the error code (`forbidden`).
    std::optional<ErrorCode> refuses(const Principal& principal) const;

private:
    constexpr Policy(Kind kind, Role minimum, std::string_view scope) : kind_(kind), minimum_(minimum), scope_(scope) {}

    Kind kind_;
    Role minimum_;
    std::string_view scope_;
};

struct ResponseDoc {
    int status = 200;
    const schema::Type* type = nullptr;      // nullptr: no JSON body
    std::string_view description;
    std::string_view content_type = "application/json";
    std::string_view json_schema = {};       // of a body that has no wire type
};

/// A body that an endpoint reads by itself: a form, or an upload.
struct RequestDoc {
    std::string_view content_type;           // "multipart/form-data"
    const schema::Type* type = nullptr;
    std::string_view json_schema = {};       // when there is no wire type
};

/// What a POST with the Idempotency-Key of an earlier one gets (api/idempotency.hpp).
enum class Repeat : std::uint8_t {
    answer,    // the first answer again
    secret,    // `conflict`: the answer held a secret, which is not kept
    run,       // the run that the first one started
    harmless,  // an answer of its own: the route only reads, or does nothing twice. Also where a body holds a password: of it not even a digest is kept
};

/// One row of the route table: the router, OpenAPI, the policy matrix test and the portal's client all derive from it.
struct Route {
    http::Method method;
    std::string_view path;                   // "/v1/agents/{agent_id}"
    std::string_view operation_id;           // "agent_view"
    std::string_view tag;                    // "Agents"
    std::string_view summary;
    Policy policy;
    const schema::Type* query = nullptr;
    const schema::Type* body = nullptr;
    std::vector<ResponseDoc> responses;      // the success answers; errors follow from policy and inputs
    Task<http::Response> (*handle)(RequestContext&);
    /// Until the answer, or the first byte of a stream. Then the endpoint is cancelled and the client gets `deadline_exceeded`.
    std::chrono::milliseconds timeout{30'000};

    std::string_view kept_while{};           // the table whose change_mark keeps the answer: same for every caller in the tenant
    std::string_view description{};          // more for OpenAPI than the summary says; Markdown
    std::vector<RequestDoc> also_accepts{};  // besides `body`
    Repeat repeat = Repeat::answer;
    bool asks_others = false;                // a model's provider is asked for the answer, and may fail
    bool may_omit_body = false;              // the endpoint reads its body itself, and does without

    /// `endpoint<agent_execute>(...).within(330s)`, and so on.
    Route within(std::chrono::milliseconds limit) && {
        timeout = limit;
        return std::move(*this);
    }
    /// The answer is kept and given again while no row of `table` has changed in the tenant (api/answer_cache.hpp). Only for a GET whose answer
    /// depends on nothing but the tenant, the request and that table.
    Route answer_kept_while_unchanged(std::string_view table) && {
        kept_while = table;
        return std::move(*this);
    }
    Route repeats(Repeat what) && {
        repeat = what;
        return std::move(*this);
    }
    Route asks_a_provider() && {
        asks_others = true;
        return std::move(*this);
    }
    Route describe(std::string_view text) && {
        description = text;
        return std::move(*this);
    }
    Route accepts(RequestDoc doc) && {
        also_accepts.push_back(doc);
        return std::move(*this);
    }
};

/// Every route of the product, in documentation order.
std::span<const Route> all_routes();

}  // namespace agentic::api
