#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

/// An API key as its owner sees it: never the key.
struct ApiKeyRow {
    Uuid id;
    Uuid user_id;
    std::string name;
    std::string prefix;   // the public part
    std::string scopes;   // separated by spaces; empty: as the user's role allows
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;
    Timestamp created_at;
};

/// An API key as authentication sees it: with its hash, and what its user and tenant are now.
struct ApiKeyPrincipal {
    Uuid id;
    Uuid tenant_id;
    Uuid user_id;
    std::string key_hash;
    std::string scopes;
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;
    std::string email;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    TenantStatus tenant_status = TenantStatus::active;
};

/// API keys, which are kept by hash only. Everything fails with the Executor's `unavailable` and `storage_full` too.
class ApiKeyRepository {
public:
    explicit ApiKeyRepository(Executor& db) : db_(db) {}

    Task<ApiKeyRow> insert(TenantScope scope, ApiKeyRow row, std::string key_hash);

    /// The keys of `user_id`, or of every user.
    Task<Page<ApiKeyRow>> list(TenantScope scope, std::optional<Uuid> user_id, PageRequest page);

    /// Revokes a key of `user_id`, or of any user. Fails with `not_found`.
    Task<> remove(TenantScope scope, Uuid id, std::optional<Uuid> user_id, Timestamp now);

    /// Fails with `not_found`, also when the user or the tenant is deleted.
    Task<ApiKeyPrincipal> find_by_prefix(std::string prefix);

    Task<> touch(TenantScope scope, Uuid id, Timestamp now);

    /// A step of a batch: revokes every key of a user.
    static Step remove_all(TenantScope scope, Uuid user_id, Timestamp now);

private:
    Executor& db_;
};

}  // namespace agentic::db
