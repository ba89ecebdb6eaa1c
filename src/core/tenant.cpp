#include "core/tenant.hpp"

namespace agentic {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::viewer: return "viewer";
        case Role::member: return "member";
        case Role::admin: return "admin";
        case Role::owner: return "owner";
    }
    return "viewer";
}

std::optional<Role> parse_role(std::string_view text) {
    for (const Role role : {Role::viewer, Role::member, Role::admin, Role::owner})
        if (text == to_string(role)) return role;
    return std::nullopt;
}

}  // namespace agentic
