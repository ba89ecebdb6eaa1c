#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "async/types.hpp"
#include "core/tenant.hpp"

namespace agentic::auth {

/// Who asks, and the right to that tenant's rows. A platform administrator's scope is of no tenant.
struct Authenticated {
    Principal principal;
    TenantScope tenant;
};

/// Turns credentials into a principal, and is the only maker of tenant scopes for requests. Implementations: TokenAuthenticator
/// (services/authenticator_tokens.hpp), and fakes in tests. Thread-safe: every I/O thread asks the same one.
///
/// Both calls take the values of the `Authorization` and the `x-api-key` header, "" when missing. Credentials in both headers must not
/// contradict each other, so a request that carries both is `bad_request`.
class Authenticator {
public:
    virtual ~Authenticator() = default;

    /// Fails with `not_authenticated` (missing, malformed, forged, expired, revoked, deleted), `forbidden` (a genuine credential of a suspended
    /// user or tenant), `bad_request` (two credentials), `unavailable`.
    virtual Task<Authenticated> authenticate(std::string authorization, std::string api_key) = 0;

    /// The hot path: the answer when it is known without the database and no older than a few seconds; nullopt means "ask authenticate".
    /// Never refuses by itself.
    virtual std::optional<Authenticated> cached(std::string_view authorization, std::string_view api_key) = 0;

    /// The scope of requests on open routes: no tenant has the nil id, so no tenant's row is within reach.
    static TenantScope anonymous_scope() { return TenantScope(Uuid{}); }

protected:
    static TenantScope scope_of(const Principal& principal) { return TenantScope(principal.tenant_id); }
};

}  // namespace agentic::auth
