#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/uuid.hpp"

namespace agentic::auth {

/// What an access token says. It proves who asks; what they may do is read from the database.
struct AccessClaims {
    Uuid user_id;
    Uuid tenant_id;
    Uuid session_id;
    std::int64_t issued_at_s = 0;
    std::int64_t expires_at_s = 0;

    bool operator==(const AccessClaims&) const = default;
};

struct AccessTokenConfig {
    Secret secret;                             // at least 32 bytes
    std::chrono::seconds lifetime{900};        // 60 s to 24 h
};

/// Signs and checks access tokens: JWT, HS256 and nothing else. Thread-safe; each thread keeps a keyed HMAC context.
class AccessTokens {
public:
    /// `validation_error` naming what is out of range.
    static Result<AccessTokens> create(AccessTokenConfig config);

    std::string issue(const Uuid& user_id, const Uuid& tenant_id, const Uuid& session_id, Timestamp now) const;

    /// nullopt unless the token is one that issue() could have made and is valid at `now`: three canonical base64url parts, our header byte for byte, a
    /// right signature, exactly our claims, each of its type and in its range. Another server's clock may be a minute ahead of ours when it signs.
    std::optional<AccessClaims> verify(std::string_view token, Timestamp now) const;

    std::chrono::seconds lifetime() const { return config_.lifetime; }

private:
    explicit AccessTokens(AccessTokenConfig config);
    /// The 43 base64url characters of HMAC-SHA-256.
    std::string sign(std::string_view header_and_payload) const;

    AccessTokenConfig config_;
    std::uint64_t key_id_;  // which key the thread's context holds
};

/// The claims of a token's payload: a flat JSON object of exactly our eight members, once each, without white space or escapes.
/// Checks types, issuer, audience and token type; times are checked by verify().
std::optional<AccessClaims> parse_access_claims(std::string_view json);

/// How secrets that we hand out and only compare later are kept: SHA-256 in hex. They are random, so they need no slow hash.
std::string secret_hash(std::string_view secret);

/// What an API key may do, kept as "a b c", as words.
std::vector<std::string> split_scopes(std::string_view text);

/// Constant-time comparison.
bool secrets_equal(std::string_view a, std::string_view b);

}  // namespace agentic::auth
