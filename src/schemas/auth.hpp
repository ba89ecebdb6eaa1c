#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/tenant.hpp"
#include "core/uuid.hpp"
#include "schema/codec.hpp"

namespace agentic::schemas {

struct RegisterRequest {
    std::string tenant_name;
    std::optional<std::string> tenant_slug;   // absent: made from the name
    std::string email;
    std::string password;
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
    std::optional<std::string> setup_token;   // the operator's SETUP_TOKEN; only the first registration needs it
};

struct LoginRequest {
    std::string email;
    std::string password;
    std::optional<std::string> tenant;        // slug; needed when the e-mail exists in several tenants with the same password, or in more than five
};

/// The form of the OAuth 2 password grant; its other fields are ignored.
struct LoginForm {
    std::string username;
    std::string password;
    std::optional<std::string> tenant;
};

struct RefreshRequest {
    std::optional<std::string> refresh_token; // absent: the HttpOnly cookie
};

struct SessionUser {
    Uuid id;
    std::string email;
    Role role = Role::viewer;
    Uuid tenant_id;
};

/// What login, register, refresh and accept-invite answer.
struct Session {
    std::string access_token;
    std::optional<std::string> refresh_token; // null when it went into the HttpOnly cookie
    std::string token_type = "bearer";
    std::int64_t expires_in = 0;              // seconds, of the access token
    SessionUser user;
};

struct LogoutQuery {
    bool all = false;
};

struct ProfileUpdate {
    std::optional<std::optional<std::string>> first_name;
    std::optional<std::optional<std::string>> last_name;
};

struct PasswordChange {
    std::string current_password;
    std::string new_password;
};

struct AcceptInvite {
    std::string token;
    std::string password;
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::RegisterRequest>;
extern template struct Codec<schemas::LoginRequest>;
extern template struct Codec<schemas::LoginForm>;
extern template struct Codec<schemas::SessionUser>;
extern template struct Codec<schemas::ProfileUpdate>;
extern template struct Codec<schemas::RefreshRequest>;
extern template struct Codec<schemas::Session>;
extern template struct Codec<schemas::LogoutQuery>;
extern template struct Codec<schemas::PasswordChange>;
extern template struct Codec<schemas::AcceptInvite>;
}  // namespace agentic::schema
