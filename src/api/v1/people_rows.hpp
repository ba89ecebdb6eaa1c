#pragma once
// From the rows of people, API keys and tenants to their wire structs.
#include "db/repositories/api_keys.hpp"
#include "db/repositories/tenants.hpp"
#include "db/repositories/users.hpp"
#include "schemas/tenants.hpp"
#include "schemas/users.hpp"

namespace agentic::api::v1 {

schemas::User to_response(db::UserRow row);
schemas::ApiKey to_response(db::ApiKeyRow row);
schemas::Tenant to_response(db::TenantRow row);

}  // namespace agentic::api::v1
