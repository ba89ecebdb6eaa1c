#include "schemas/users.hpp"

#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"
#include "schemas/people_rules.hpp"

namespace agentic::schema {

using schemas::kEmailRule, schemas::kFirstNameRule, schemas::kLastNameRule, schemas::kLimitRule, schemas::kPageRule, schemas::new_password;

template <>
struct Rules<schemas::User> {
    static constexpr std::string_view doc = "A person in a tenant.";
    static constexpr auto fields = std::tuple{
        field("role", describe("Each has every right of the ones before it: viewer, member, admin, owner.")),
        field("status", describe("Suspended users cannot sign in, and their tokens and API keys are refused.")),
        field("permissions", describe("Reserved."), example("[]")),
    };
};
template struct Codec<schemas::User>;

template <>
struct Rules<schemas::UserList> {};
template struct Codec<schemas::UserList>;

template <>
struct Rules<schemas::UserListQuery> {
    static constexpr auto fields = std::tuple{
        kPageRule, kLimitRule, field("role"), field("status"), field("search", length(1, 200), describe("In e-mail and name, without regard to case.")),
    };
};
template struct Codec<schemas::UserListQuery>;

template <>
struct Rules<schemas::UserCreate> {
    static constexpr std::string_view doc = "A new user with a password chosen by an administrator; inviting is the better way.";
    static constexpr auto fields = std::tuple{kEmailRule, new_password("password"), field("role", defaulted), kFirstNameRule, kLastNameRule};
    static void check(const schemas::UserCreate& value, Violations& violations) {
        schemas::check_password_is_not_email("password", value.password, value.email, violations);
    }
};
template struct Codec<schemas::UserCreate>;

template <>
struct Rules<schemas::UserUpdate> {
    static constexpr std::string_view doc = "Changes of a user; null clears a name.";
    static constexpr auto fields = std::tuple{field("role", not_null), field("status", not_null), kFirstNameRule, kLastNameRule};
};
template struct Codec<schemas::UserUpdate>;

template <>
struct Rules<schemas::InviteRequest> {
    static constexpr std::string_view doc = "An invitation into the tenant; a new one to the same e-mail replaces the old.";
    static constexpr auto fields = std::tuple{kEmailRule, field("role", defaulted)};
};
template struct Codec<schemas::InviteRequest>;

template <>
struct Rules<schemas::Invitation> {
    static constexpr std::string_view doc = "An open invitation. Its token is shown this once.";
    static constexpr auto fields = std::tuple{field("token", describe("Pass it to the invited person; POST /v1/auth/accept-invite takes it."))};
};
template struct Codec<schemas::Invitation>;

template <>
struct Rules<schemas::ApiKeyCreate> {
    static constexpr std::string_view doc = "A new API key. It acts as its creator, within its scopes.";
    static constexpr auto fields = std::tuple{
        field("name", length(1, 100), example(R"("ci pipeline")")),
        field("scopes", defaulted, items(0, 50), each(length(3, 64)), describe("Such as agents:read. None: everything the role allows."), example(R"(["agents:read","agents:execute"])")),
        field("expires_at", describe("Absent: never.")),
    };
};
template struct Codec<schemas::ApiKeyCreate>;

template <>
struct Rules<schemas::ApiKey> {
    static constexpr std::string_view doc = "An API key, without the key.";
    static constexpr auto fields = std::tuple{field("prefix", describe("The first characters of the key."), example(R"("agp_0123456789ab")"))};
};
template struct Codec<schemas::ApiKey>;

template <>
struct Rules<schemas::ApiKeyCreated> {
    static constexpr std::string_view doc = "A new API key, shown this once.";
    static constexpr auto fields = std::tuple{field("key", describe("Send it as `Authorization: Bearer` or `x-api-key`. It cannot be shown again."))};
};
template struct Codec<schemas::ApiKeyCreated>;

template <>
struct Rules<schemas::ApiKeyList> {};
template struct Codec<schemas::ApiKeyList>;

}  // namespace agentic::schema
