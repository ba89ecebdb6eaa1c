#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/tenant.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"
#include "schemas/pagination.hpp"

namespace agentic::schemas {

struct User {
    Uuid id;
    Uuid tenant_id;
    std::string email;
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    JsonText permissions;
    std::optional<Timestamp> last_login_at;
    Timestamp created_at;
    Timestamp updated_at;
};

struct UserList {
    std::vector<User> data;
    Pagination pagination;
};

struct UserListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<Role> role;
    std::optional<UserStatus> status;
    std::optional<std::string> search;
};

struct UserCreate {
    std::string email;
    std::string password;
    Role role = Role::member;
    std::optional<std::string> first_name;
    std::optional<std::string> last_name;
};

struct UserUpdate {
    std::optional<Role> role;
    std::optional<UserStatus> status;
    std::optional<std::optional<std::string>> first_name;
    std::optional<std::optional<std::string>> last_name;
};

struct InviteRequest {
    std::string email;
    Role role = Role::member;
};

struct Invitation {
    Uuid id;
    std::string email;
    Role role = Role::member;
    std::string token;
    Timestamp expires_at;
};

struct ApiKeyCreate {
    std::string name;
    std::vector<std::string> scopes;
    std::optional<Timestamp> expires_at;
};

struct ApiKey {
    Uuid id;
    Uuid user_id;
    std::string name;
    std::string prefix;
    std::vector<std::string> scopes;
    std::optional<Timestamp> expires_at;
    std::optional<Timestamp> last_used_at;
    Timestamp created_at;
};

/// An API key and the key itself, which is never shown again.
struct ApiKeyCreated {
    Uuid id;
    Uuid user_id;
    std::string name;
    std::string prefix;
    std::string key;
    std::vector<std::string> scopes;
    std::optional<Timestamp> expires_at;
    Timestamp created_at;
};

struct ApiKeyList {
    std::vector<ApiKey> data;
    Pagination pagination;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::User>;
extern template struct Codec<schemas::UserList>;
extern template struct Codec<schemas::UserListQuery>;
extern template struct Codec<schemas::UserCreate>;
extern template struct Codec<schemas::UserUpdate>;
extern template struct Codec<schemas::InviteRequest>;
extern template struct Codec<schemas::Invitation>;
extern template struct Codec<schemas::ApiKeyCreate>;
extern template struct Codec<schemas::ApiKey>;
extern template struct Codec<schemas::ApiKeyCreated>;
extern template struct Codec<schemas::ApiKeyList>;
}  // namespace agentic::schema
