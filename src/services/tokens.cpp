#include "services/tokens.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <format>
#include <memory>
#include <stdexcept>

#include "core/encoding.hpp"

namespace agentic::auth {

namespace {

constexpr std::string_view kHeader = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";  // {"alg":"HS256","typ":"JWT"}
constexpr std::size_t kSignatureChars = 43;
constexpr std::size_t kTokenBytesMax = 1024;
constexpr std::int64_t kClocksApartS = 60;

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, decltype([](EVP_MAC_CTX* context) { ::EVP_MAC_CTX_free(context); })>;

MacContext keyed_context(std::string_view key) {
    const std::unique_ptr<EVP_MAC, decltype([](EVP_MAC* mac) { ::EVP_MAC_free(mac); })> mac(::EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    MacContext context(::EVP_MAC_CTX_new(mac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {::OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), ::OSSL_PARAM_construct_end()};
    if (!context || ::EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), params) != 1)
        throw std::runtime_error("OpenSSL offers no HMAC-SHA-256");
    return context;
}

std::uint64_t next_key_id() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

}  // namespace

AccessTokens::AccessTokens(AccessTokenConfig config) : config_(std::move(config)), key_id_(next_key_id()) {}

Result<AccessTokens> AccessTokens::create(AccessTokenConfig config) {
    using namespace std::chrono_literals;
    Violations violations;
    if (config.secret.size() < 32) violations.push_back({"jwt_secret", "must have at least 32 characters"});
    if (config.lifetime < 60s || config.lifetime > 24h) violations.push_back({"access_token_lifetime", "must be 60 seconds to 24 hours"});
    if (!violations.empty()) return fail_validation(std::move(violations));
    return AccessTokens(std::move(config));
}

std::string AccessTokens::sign(std::string_view header_and_payload) const {
    thread_local MacContext context;
    thread_local std::uint64_t held = 0;
    if (held != key_id_) {
        context = keyed_context(config_.secret.reveal());
        held = key_id_;
    }
    Digest digest;
    std::size_t size = 0;
    // Without a key, init rewinds to the keyed state: a third of the cost of keying again.
    if (::EVP_MAC_init(context.get(), nullptr, 0, nullptr) != 1 ||
        ::EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(header_and_payload.data()), header_and_payload.size()) != 1 ||
        ::EVP_MAC_final(context.get(), digest.data(), &size, digest.size()) != 1)
        throw std::runtime_error("HMAC-SHA-256 failed");
    return base64url_encode({reinterpret_cast<const char*>(digest.data()), size});
}

std::string AccessTokens::issue(const Uuid& user_id, const Uuid& tenant_id, const Uuid& session_id, Timestamp now) const {
    const auto payload = std::format(R"({{"sub":"{}","tid":"{}","sid":"{}","type":"access","iss":"agentic","aud":"agentic-api","iat":{},"exp":{}}})",
                                     user_id.to_string(), tenant_id.to_string(), session_id.to_string(), now.unix_s(), now.unix_s() + config_.lifetime.count());
    auto token = std::format("{}.{}", kHeader, base64url_encode(payload));
    token += '.' + sign(token);
    return token;
}

std::optional<AccessClaims> AccessTokens::verify(std::string_view token, Timestamp now) const {
    if (token.size() > kTokenBytesMax || token.size() < kHeader.size() + kSignatureChars + 3) return std::nullopt;
    if (!token.starts_with(kHeader) || token[kHeader.size()] != '.') return std::nullopt;
    const auto dot = token.size() - kSignatureChars - 1;
    if (token[dot] != '.') return std::nullopt;
    // Comparing the encoded text refuses other spellings of the same bytes too.
    if (!secrets_equal(sign(token.substr(0, dot)), token.substr(dot + 1))) return std::nullopt;
    const auto payload = base64url_decode(token.substr(kHeader.size() + 1, dot - kHeader.size() - 1));
    if (!payload) return std::nullopt;
    const auto claims = parse_access_claims(*payload);
    if (!claims) return std::nullopt;
    const bool timely = claims->expires_at_s > now.unix_s() && claims->issued_at_s <= now.unix_s() + kClocksApartS &&
                        claims->expires_at_s > claims->issued_at_s && claims->expires_at_s - claims->issued_at_s <= 24 * 3600;
    return timely ? claims : std::nullopt;
}

std::string secret_hash(std::string_view secret) {
    Digest digest;
    ::SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), digest.data());
    return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::vector<std::string> split_scopes(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

bool secrets_equal(std::string_view a, std::string_view b) { return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

}  // namespace agentic::auth
