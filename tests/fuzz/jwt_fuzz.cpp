// Access tokens: as a whole, and the payload behind the signature.
#include <format>

#include "fuzz/fuzz_target.hpp"
#include "services/tokens.hpp"

namespace agentic::fuzz {
namespace {

constexpr Timestamp kNow{1'800'000'000'000'000};

const auth::AccessTokens& tokens() {
    static const auto made = *auth::AccessTokens::create({.secret = Secret("only the fuzzer signs with this key")});
    return made;
}

std::string canonical(const auth::AccessClaims& claims) {
    return std::format(R"({{"sub":"{}","tid":"{}","sid":"{}","type":"access","iss":"agentic","aud":"agentic-api","iat":{},"exp":{}}})", claims.user_id.to_string(),
                       claims.tenant_id.to_string(), claims.session_id.to_string(), claims.issued_at_s, claims.expires_at_s);
}

const Target kTarget("jwt", [](std::string_view input) {
    require(!tokens().verify(input, kNow), "nothing that the key did not sign is accepted");
    for (const auto& word : auth::split_scopes(input)) require(!word.empty() && !word.contains(' '), "scopes are words");

    const auto claims = auth::parse_access_claims(input);
    if (!claims) return;
    require(!claims->user_id.is_nil() && !claims->tenant_id.is_nil() && !claims->session_id.is_nil(), "no id is nil");
    require(claims->issued_at_s > 0 && claims->expires_at_s > 0 && claims->expires_at_s < 1'000'000'000'000, "times are in range");
    require(auth::parse_access_claims(canonical(*claims)) == claims, "the same claims in their own order parse alike");
    const auto token = tokens().issue(claims->user_id, claims->tenant_id, claims->session_id, kNow);
    require(tokens().verify(token, kNow).has_value(), "a signed token of these ids is accepted");
});

}  // namespace
}  // namespace agentic::fuzz
