#pragma once
#include <string>
#include <string_view>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

struct PlatformAdminRow {
    Uuid id;
    std::string email;
    std::string password_hash;
    UserStatus status = UserStatus::active;
};

/// A platform administrator as the bearer of a token.
struct PlatformAdminPrincipal {
    Uuid id;
    std::string email;
    UserStatus status = UserStatus::active;
    Uuid token_id;
    Timestamp expires_at;
};

/// Platform administrators and their tokens: tables of no tenant. Everything fails with the Executor's `unavailable` and `storage_full` too.
class PlatformAdminRepository {
public:
    explicit PlatformAdminRepository(Executor& db) : db_(db) {}

    /// Fails with `conflict` when the e-mail is taken.
    Task<> insert(PlatformAdminRow row, Timestamp now);
    /// Fails with `not_found`.
    Task<PlatformAdminRow> find_by_email(std::string email);
    /// Also ends every token of the administrator.
    Task<> set_password(Uuid id, std::string password_hash, Timestamp now);
    Task<> insert_token(Uuid id, Uuid admin_id, std::string token_hash, Timestamp now, Timestamp expires_at);
    /// Fails with `not_found`.
    Task<PlatformAdminPrincipal> find_by_token(std::string token_hash);

private:
    Executor& db_;
};

}  // namespace agentic::db
