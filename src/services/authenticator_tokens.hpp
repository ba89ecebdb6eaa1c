#pragma once
#include "db/repositories/api_keys.hpp"
#include "db/repositories/platform_admins.hpp"
#include "db/repositories/sessions.hpp"
#include "services/authenticator.hpp"
#include "services/authenticator_cache.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

/// Forms of the secrets that we hand out. An API key is its prefix (16 characters, kept in the open) and 43 secret characters.
inline constexpr std::string_view kApiKeyMark = "agp_";
inline constexpr std::string_view kPlatformTokenMark = "agpa_";
inline constexpr std::size_t kApiKeyPrefixChars = 16;
inline constexpr std::size_t kApiKeyChars = kApiKeyPrefixChars + 43;
inline constexpr std::size_t kPlatformTokenChars = 5 + 43;

/// The real Authenticator: access tokens (JWT), API keys (`agp_`) and tokens of platform administrators (`agpa_`). What a principal may do is what the
/// database says, at most PrincipalCache::kKeep ago.
class TokenAuthenticator final : public Authenticator {
public:
    TokenAuthenticator(db::Executor& db, const AccessTokens& tokens, PrincipalCache& cache, const Clock& clock);

    Task<Authenticated> authenticate(std::string authorization, std::string api_key) override;
    std::optional<Authenticated> cached(std::string_view authorization, std::string_view api_key) override;

private:
    Task<Principal> by_access_token(std::string token);
    Task<Principal> by_api_key(std::string key);
    Task<Principal> by_platform_token(std::string token);
    Task<> touch(db::ApiKeyPrincipal key);

    db::SessionRepository sessions_;
    db::ApiKeyRepository api_keys_;
    db::PlatformAdminRepository platform_admins_;
    const AccessTokens& tokens_;
    PrincipalCache& cache_;
    const Clock& clock_;
};

}  // namespace agentic::auth
