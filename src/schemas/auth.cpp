#include "schemas/auth.hpp"

#include "schema/engine.hpp"
#include "schemas/people_rules.hpp"

namespace agentic::schema {

using schemas::kEmailRule, schemas::kFirstNameRule, schemas::kLastNameRule, schemas::known_password, schemas::new_password;

template <>
struct Rules<schemas::RegisterRequest> {
    static constexpr std::string_view doc = "A new tenant and its owner.";
    static constexpr auto fields = std::tuple{
        field("tenant_name", length(1, 255), describe("Shown to people."), example(R"("Acme Ltd")")),
        field("tenant_slug", length(1, 63), slug, describe("Unique in the installation. Made from the name when absent."), example(R"("acme")")),
        kEmailRule,
        new_password("password"),
        kFirstNameRule,
        kLastNameRule,
        field("setup_token", length(1, 200), write_only, describe("Needed for the first registration when the operator asks for it.")),
    };
    static void check(const schemas::RegisterRequest& value, Violations& violations) {
        schemas::check_password_is_not_email("password", value.password, value.email, violations);
    }
};
template struct Codec<schemas::RegisterRequest>;

template <>
struct Rules<schemas::LoginRequest> {
    static constexpr std::string_view doc = "An e-mail and its password.";
    static constexpr auto fields = std::tuple{
        field("email", length(1, 254), example(R"("ada@example.com")")),
        known_password("password"),
        field("tenant", length(1, 63), describe("Slug. Needed when the same e-mail and password exist in several tenants, or the e-mail in more than five."), example(R"("acme")")),
    };
};
template struct Codec<schemas::LoginRequest>;

template <>
struct Rules<schemas::LoginForm> {
    static constexpr std::string_view doc = "The form of the OAuth 2 password grant.";
    static constexpr bool ignore_unknown = true;
    static constexpr auto fields = std::tuple{
        field("username", length(1, 254), describe("The e-mail."), example(R"("ada@example.com")")),
        known_password("password"),
        field("tenant", length(1, 63)),
    };
};
template struct Codec<schemas::LoginForm>;

template <>
struct Rules<schemas::RefreshRequest> {
    static constexpr std::string_view doc = "A refresh token, which is good for one use.";
    static constexpr auto fields = std::tuple{
        field("refresh_token", length(1, 200), write_only, describe("Absent: the HttpOnly cookie is used.")),
    };
};
template struct Codec<schemas::RefreshRequest>;

template <>
struct Rules<schemas::SessionUser> {
    static constexpr std::string_view doc = "Who signed in.";
};
template struct Codec<schemas::SessionUser>;

template <>
struct Rules<schemas::Session> {
    static constexpr std::string_view doc = "A session: an access token for requests, a refresh token for the next pair.";
    static constexpr auto fields = std::tuple{
        field("access_token", describe("Send it as `Authorization: Bearer`.")),
        field("refresh_token", describe("Good for one use; null when it was set as the HttpOnly cookie.")),
        field("token_type", example(R"("bearer")")),
        field("expires_in", describe("Life of the access token in seconds."), example("900")),
    };
};
template struct Codec<schemas::Session>;

template <>
struct Rules<schemas::LogoutQuery> {
    static constexpr auto fields = std::tuple{field("all", defaulted, describe("Ends every session of the user."))};
};
template struct Codec<schemas::LogoutQuery>;

template <>
struct Rules<schemas::ProfileUpdate> {
    static constexpr std::string_view doc = "Changes of the own profile; null clears a name.";
    static constexpr auto fields = std::tuple{kFirstNameRule, kLastNameRule};
};
template struct Codec<schemas::ProfileUpdate>;

template <>
struct Rules<schemas::PasswordChange> {
    static constexpr std::string_view doc = "Ends every other session of the user, and revokes the user's API keys.";
    static constexpr auto fields = std::tuple{known_password("current_password"), new_password("new_password")};
    static void check(const schemas::PasswordChange& value, Violations& violations) {
        if (value.current_password == value.new_password) violations.push_back({"new_password", "must differ from the current password"});
    }
};
template struct Codec<schemas::PasswordChange>;

template <>
struct Rules<schemas::AcceptInvite> {
    static constexpr std::string_view doc = "Turns an invitation into a user.";
    static constexpr auto fields = std::tuple{
        field("token", length(1, 200), write_only, describe("From the invitation.")),
        new_password("password"),
        kFirstNameRule,
        kLastNameRule,
    };
};
template struct Codec<schemas::AcceptInvite>;

}  // namespace agentic::schema
