#pragma once
#include <span>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "db/repositories/api_keys.hpp"
#include "schemas/users.hpp"
#include "services/authenticator_cache.hpp"

namespace agentic::auth {

/// A right that an API key can be limited to, and the role that holds it.
struct ApiScope {
    std::string_view name;
    Role minimum;
};

/// Every scope that a route's policy may name. A test holds it equal to the route table.
std::span<const ApiScope> api_scopes();

/// API keys act as the user who made them, within their scopes: they can do nothing that user cannot do now.
class ApiKeyService {
public:
    ApiKeyService(db::Executor& db, PrincipalCache& principals) : keys_(db), principals_(principals) {}

    /// The key is in the answer and nowhere else. Fails with `validation_error` (an unknown scope, one above the caller's role, a time in the past).
    Task<schemas::ApiKeyCreated> create(OpContext& op, schemas::ApiKeyCreate in);

    /// Administrators see everybody's keys, others their own.
    Task<db::Page<db::ApiKeyRow>> list(OpContext& op, db::PageRequest page);

    /// Holds at once. Fails with `not_found`, also for somebody else's key unless the caller is an administrator.
    Task<> revoke(OpContext& op, Uuid id);

private:
    db::ApiKeyRepository keys_;
    PrincipalCache& principals_;
};

}  // namespace agentic::auth
