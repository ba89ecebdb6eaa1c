#pragma once
#include <chrono>
#include <string>

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "db/repositories/platform_admins.hpp"
#include "services/authenticator_cache.hpp"
#include "services/passwords.hpp"

namespace agentic::auth {

/// The administrators of the platform itself, made and kept by the operator on the command line. They are no users of any tenant.
class PlatformAdminService {
public:
    PlatformAdminService(db::Executor& db, PasswordHasher& passwords, PrincipalCache& principals, const Clock& clock)
        : admins_(db), passwords_(passwords), principals_(principals), clock_(clock) {}

    /// Fails with `validation_error`, `conflict` when the e-mail is taken.
    Task<Uuid> create(std::string email, Secret password);

    /// Ends the administrator's tokens. Fails with `validation_error`, `not_found`.
    Task<> reset_password(std::string email, Secret password);

    /// A bearer token, shown this once; one minute to 30 days. Fails with `validation_error`, `not_found`, `forbidden` for a suspended administrator.
    Task<Secret> issue_token(std::string email, std::chrono::seconds lifetime);

private:
    db::PlatformAdminRepository admins_;
    PasswordHasher& passwords_;
    PrincipalCache& principals_;
    const Clock& clock_;
};

}  // namespace agentic::auth
