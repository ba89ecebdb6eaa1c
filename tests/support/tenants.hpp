#pragma once
// Tenants and users of a test, stored by statements of the test's own, so that a test of agents does not lean on the code of accounts.
#include <string>

#include "core/clock.hpp"
#include "core/context.hpp"
#include "db/executor.hpp"

namespace agentic::test {

inline constexpr std::string_view kInsertTenant =
    "INSERT INTO tenants (id, name, slug, status, plan_type, limits, settings, region, created_at, updated_at) "
    "VALUES ($1, $2, $3, 'active', 'enterprise', '{}', '{}', 'local', $4, $4)";
inline const db::Statement insert_tenant{.name = "test_insert_tenant", .sqlite = kInsertTenant, .postgres = kInsertTenant, .writes = true};
inline constexpr std::string_view kInsertUser =
    "INSERT INTO users (tenant_id, id, email, email_normalised, password_hash, role, status, permissions, created_at, updated_at) "
    "VALUES ($1, $2, $3, $3, 'none', $4, 'active', '[]', $5, $5)";
inline const db::Statement insert_user{.name = "test_insert_user", .sqlite = kInsertUser, .postgres = kInsertUser, .writes = true};

/// One user, and what code sees of a request of theirs.
struct TestUser {
    Principal principal;
    TenantScope scope = TenantScope::system(Uuid{}, "a user that is not stored yet");
};

class TestTenant {
public:
    /// Stores a tenant. Throws when the database refuses.
    static Awaitable<TestTenant> create(db::Executor& db, const Clock& clock, std::string slug) {
        const auto id = make_uuid_v7(clock.now().unix_ms());
        const TestTenant tenant(id, std::move(slug));
        db::Params params{id, "Tenant " + tenant.slug_, tenant.slug_, clock.now()};
        (co_await db.query(tenant.scope(), insert_tenant, std::move(params))).value();
        co_return tenant;
    }

    const Uuid& id() const { return id_; }
    TenantScope scope() const { return TenantScope::system(id_, "the tenant of a test"); }

    Awaitable<TestUser> add_user(db::Executor& db, const Clock& clock, Role role) {
        const auto id = make_uuid_v7(clock.now().unix_ms());
        const auto email = id.to_string() + "@" + slug_ + ".test";
        db::Params params{id_, id, email, to_string(role), clock.now()};
        (co_await db.query(scope(), insert_user, std::move(params))).value();
        co_return TestUser{.principal = {.user_id = id, .tenant_id = id_, .session_id = {}, .role = role, .email = email, .scopes = {}}, .scope = scope()};
    }

private:
    TestTenant(Uuid id, std::string slug) : id_(id), slug_(std::move(slug)) {}

    Uuid id_;
    std::string slug_;
};

}  // namespace agentic::test
