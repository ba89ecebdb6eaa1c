#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/uuid.hpp"

namespace agentic {

namespace auth { class Authenticator; }

/// The right to touch the rows of one tenant. Every repository call on tenant-owned rows takes one by value; only authentication
/// makes them from a request, and `system` makes the few that background work and authentication itself need.
class TenantScope {
public:
    const Uuid& tenant_id() const { return tenant_id_; }

    /// Work of the platform on behalf of one tenant (a job, crash recovery). `reason` documents the call; the number of calls is a test.
    static TenantScope system(Uuid tenant_id, [[maybe_unused]] std::string_view reason) { return TenantScope(tenant_id); }

private:
    friend class auth::Authenticator;
    explicit TenantScope(Uuid tenant_id) : tenant_id_(tenant_id) {}

    Uuid tenant_id_;
};

/// The right to run a statement that spans tenants (login by e-mail, recovery at start-up). Greppable and counted, like TenantScope::system.
class SystemScope {
public:
    static SystemScope because([[maybe_unused]] std::string_view reason) { return {}; }

private:
    SystemScope() = default;
};

/// Ordered: a role has every right of the ones before it.
enum class Role : std::uint8_t { viewer, member, admin, owner };

std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

/// Who is asking, as the database says now (never as the token claims).
struct Principal {
    enum class Kind : std::uint8_t { user, api_key, platform_admin };

    Kind kind = Kind::user;
    Uuid user_id;
    Uuid tenant_id;
    Uuid session_id;              // the refresh-token family, or the API key
    Role role = Role::viewer;
    std::string email;
    std::vector<std::string> scopes;  // API keys only; empty means "as the role allows"
};

}  // namespace agentic
