#include "api/route.hpp"

#include <algorithm>

namespace agentic::api {

std::optional<ErrorCode> Policy::refuses(const Principal& principal) const {
    if (kind_ == Kind::open) return std::nullopt;
    const bool is_admin = principal.kind == Principal::Kind::platform_admin;
    if (kind_ == Kind::platform_admin) return is_admin ? std::nullopt : std::optional(ErrorCode::forbidden);
    if (is_admin || principal.tenant_id.is_nil() || principal.role < minimum_) return ErrorCode::forbidden;
    if (principal.kind == Principal::Kind::user) return std::nullopt;
    if (kind_ == Kind::person) return ErrorCode::forbidden;
    const bool may = principal.scopes.empty() || std::ranges::contains(principal.scopes, scope_);
    return may ? std::nullopt : std::optional(ErrorCode::forbidden);
}

}  // namespace agentic::api
