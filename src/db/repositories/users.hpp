#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

struct UserRow {
    Uuid id;
    Uuid tenant_id;
    std::string email;
    std::string password_hash;
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    JsonText permissions;
    std::optional<Timestamp> last_login_at;
    Timestamp created_at;
    Timestamp updated_at;
};

/// A user as login sees one: found by e-mail, in whatever tenant.
struct LoginCandidate {
    Uuid id;
    Uuid tenant_id;
    std::string email;
    std::string password_hash;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    std::string tenant_slug;
    TenantStatus tenant_status = TenantStatus::active;
};

/// Names that are set replace the stored ones; null empties them.
struct ProfileChange {
    std::optional<std::optional<std::string>> first_name;
    std::optional<std::optional<std::string>> last_name;
};

struct UserListing {
    std::optional<Role> role;
    std::optional<UserStatus> status;
    std::optional<std::string> search;  // in e-mail and name, without regard to case
    PageRequest page;
};

/// The form in which e-mails are compared: ASCII letters in lower case.
std::string normalise_email(std::string_view email);

/// What every refused login is told, whatever was wrong with it.
Error login_refused();

/// The users of a tenant. Deleted users do not exist here. Everything fails with the Executor's `unavailable` and `storage_full` too.
class UserRepository {
public:
    explicit UserRepository(Executor& db) : db_(db) {}

    /// Fails with `not_found`.
    Task<UserRow> find(TenantScope scope, Uuid id);
    Task<bool> exists(TenantScope scope, std::string email);
    Task<Page<UserRow>> list(TenantScope scope, UserListing listing);
    /// Fails with `not_found`, `precondition_failed` when the user's last change is not `expected`.
    Task<UserRow> set_profile(TenantScope scope, Uuid id, ProfileChange change, Timestamp now, std::optional<Timestamp> expected = {});

    /// The users with that e-mail in every tenant, or in the one with that slug: oldest first, at most `limit`.
    Task<std::vector<LoginCandidate>> candidates(std::string email, std::optional<std::string> tenant_slug, std::int64_t limit);

    // Steps of a batch.
    static Step insert(TenantScope scope, const UserRow& row);
    /// Role, status and names of `row`, if the user is still as `seen` and the tenant keeps an active owner. Else fails with `conflict`, which speaks of
    /// the owner: who has looked at the user again knows better. Returns the row.
    static Step set_access(TenantScope scope, const UserRow& row, const UserRow& seen);
    /// Under the same conditions.
    static Step remove(TenantScope scope, const UserRow& seen, Timestamp now);
    /// Only over the hash that was checked; else `conflict`.
    static Step set_password(TenantScope scope, Uuid id, std::string_view checked_hash, std::string_view new_hash, Timestamp now);
    /// `not_authenticated` when the user was suspended, deleted or given another password since `checked_hash` was read.
    static Step touch_login(TenantScope scope, Uuid id, std::string_view checked_hash, Timestamp now);

    static UserRow row_of(const Rows& rows);

private:
    Executor& db_;
};

}  // namespace agentic::db
