#include "services/authenticator_tokens.hpp"

#include <chrono>

#include "core/log.hpp"

namespace agentic::auth {

namespace {

using namespace std::chrono_literals;

constexpr auto kTouchEvery = 60s;  // of an API key's last use: a write per request would be a write per request

bool is_bearer(std::string_view text) {
    constexpr std::string_view scheme = "bearer ";
    if (text.size() < scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((text[i] | 0x20) != scheme[i]) return false;
    return true;
}

/// The one credential of the two headers; "" when there is none that could be good. x-api-key takes API keys and nothing else.
std::string_view credential_of(std::string_view authorization, std::string_view api_key) {
    if (authorization.empty()) return api_key.starts_with(kApiKeyMark) ? api_key : std::string_view();
    if (!is_bearer(authorization)) return {};
    authorization.remove_prefix(7);
    return authorization;
}

std::unexpected<Error> invalid() { return fail(ErrorCode::not_authenticated, "The credentials are invalid or have expired"); }

/// `forbidden` for a genuine credential of somebody suspended.
Result<void> check_active(UserStatus user, TenantStatus tenant) {
    if (tenant != TenantStatus::active) return fail(ErrorCode::forbidden, "This tenant is suspended");
    if (user != UserStatus::active) return fail(ErrorCode::forbidden, "This account is suspended");
    return {};
}

/// A missing row means dead credentials; what else fails is no statement about them.
Error as_authentication_error(Error error) { return error.code == ErrorCode::not_found ? invalid().error() : std::move(error); }

}  // namespace

TokenAuthenticator::TokenAuthenticator(db::Executor& db, const AccessTokens& tokens, PrincipalCache& cache, const Clock& clock)
    : sessions_(db), api_keys_(db), platform_admins_(db), tokens_(tokens), cache_(cache), clock_(clock) {}

std::optional<Authenticated> TokenAuthenticator::cached(std::string_view authorization, std::string_view api_key) {
    if (!authorization.empty() && !api_key.empty()) return std::nullopt;
    auto principal = cache_.find(credential_of(authorization, api_key));
    if (!principal) return std::nullopt;
    const auto tenant = scope_of(*principal);
    return Authenticated{*std::move(principal), tenant};
}

Task<Authenticated> TokenAuthenticator::authenticate(std::string authorization, std::string api_key) {
    if (!authorization.empty() && !api_key.empty()) co_return fail(ErrorCode::bad_request, "Send one credential: Authorization or x-api-key");
    if (authorization.empty() && api_key.empty()) co_return fail(ErrorCode::not_authenticated, "Authentication is required");
    std::string credential(credential_of(authorization, api_key));
    Result<Principal> principal = invalid();
    if (credential.starts_with(kApiKeyMark)) principal = co_await by_api_key(std::move(credential));
    else if (credential.starts_with(kPlatformTokenMark)) principal = co_await by_platform_token(std::move(credential));
    else if (!credential.empty()) principal = co_await by_access_token(std::move(credential));
    if (!principal) co_return std::unexpected(std::move(principal).error());
    const auto tenant = scope_of(*principal);
    co_return Authenticated{*std::move(principal), tenant};
}

Task<Principal> TokenAuthenticator::by_access_token(std::string token) {
    const auto now = clock_.now();
    const auto claims = tokens_.verify(token, now);
    if (!claims) co_return invalid();
    const auto asked = cache_.about_to_ask();
    const auto scope = scope_of({.tenant_id = claims->tenant_id});
    auto row = co_await sessions_.principal(scope, claims->session_id, claims->user_id);
    if (!row) co_return std::unexpected(as_authentication_error(std::move(row).error()));
    AGENTIC_CO_CHECK(check_active(row->status, row->tenant_status));
    if (row->revoked_at || row->expires_at <= now) co_return invalid();
    Principal principal{.kind = Principal::Kind::user, .user_id = claims->user_id, .tenant_id = claims->tenant_id, .session_id = claims->session_id,
                        .role = row->role, .email = std::move(row->email)};
    cache_.store(token, principal, asked, std::chrono::microseconds(claims->expires_at_s * 1'000'000 - now.us));
    co_return principal;
}

Task<Principal> TokenAuthenticator::by_api_key(std::string key) {
    if (key.size() != kApiKeyChars) co_return invalid();
    const auto now = clock_.now();
    const auto asked = cache_.about_to_ask();
    auto row = co_await api_keys_.find_by_prefix(key.substr(0, kApiKeyPrefixChars));
    if (!row) co_return std::unexpected(as_authentication_error(std::move(row).error()));
    if (!secrets_equal(secret_hash(key), row->key_hash)) co_return invalid();
    AGENTIC_CO_CHECK(check_active(row->status, row->tenant_status));
    if (row->expires_at && *row->expires_at <= now) co_return invalid();
    AGENTIC_CO_CHECK(co_await touch(*row));
    Principal principal{.kind = Principal::Kind::api_key, .user_id = row->user_id, .tenant_id = row->tenant_id, .session_id = row->id,
                        .role = row->role, .email = std::move(row->email), .scopes = split_scopes(row->scopes)};
    const auto valid_for = row->expires_at ? std::chrono::microseconds(row->expires_at->us - now.us) : std::chrono::microseconds(PrincipalCache::kKeep);
    cache_.store(key, principal, asked, valid_for);
    co_return principal;
}

Task<Principal> TokenAuthenticator::by_platform_token(std::string token) {
    if (token.size() != kPlatformTokenChars) co_return invalid();
    const auto now = clock_.now();
    const auto asked = cache_.about_to_ask();
    auto row = co_await platform_admins_.find_by_token(secret_hash(token));
    if (!row) co_return std::unexpected(as_authentication_error(std::move(row).error()));
    if (row->expires_at <= now) co_return invalid();
    if (row->status != UserStatus::active) co_return fail(ErrorCode::forbidden, "This account is suspended");
    Principal principal{.kind = Principal::Kind::platform_admin, .user_id = row->id, .session_id = row->token_id, .email = std::move(row->email)};
    cache_.store(token, principal, asked, std::chrono::microseconds(row->expires_at.us - now.us));
    co_return principal;
}

Task<> TokenAuthenticator::touch(db::ApiKeyPrincipal key) {
    const auto now = clock_.now();
    if (key.last_used_at && key.last_used_at->plus(kTouchEvery) > now) co_return Result<void>();
    // The time of last use is information for people: a full disk must not lock keys out.
    const auto done = co_await api_keys_.touch(scope_of({.tenant_id = key.tenant_id}), key.id, now);
    if (!done) log::warning("api_key_touch_failed", "The last use of an API key was not recorded", {{"api_key_id", key.id.to_string()}, {"reason", done.error().internal_context}});
    co_return Result<void>();
}

}  // namespace agentic::auth
