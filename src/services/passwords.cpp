#include "services/passwords.hpp"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>
#include <format>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "async/offload.hpp"
#include "core/encoding.hpp"
#include "core/random.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

namespace {

constexpr std::string_view kScheme = "bcrypt-sha256";
// A well-formed salt of no user: the unknown user's hash costs what a known one's does.
constexpr std::string_view kDummySalt = "abcdefghijklmnopqrstuu";

/// 44 characters without NUL.
std::string prehash(std::string_view password) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
    ::SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest.data());
    auto out = base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
    ::OPENSSL_cleanse(digest.data(), digest.size());
    return out;
}

/// crypt(3) of `password` under `setting` ("$2b$12$" and a salt); "" when the setting is malformed.
std::string bcrypt(std::string_view password, const std::string& setting) {
    const auto data = std::make_unique<crypt_data>();  // 32 KiB: not for the stack
    auto input = prehash(password);
    const char* out = ::crypt_r(input.c_str(), setting.c_str(), data.get());
    std::string hash = out == nullptr || out[0] == '*' ? "" : out;
    ::OPENSSL_cleanse(input.data(), input.size());
    ::OPENSSL_cleanse(data.get(), sizeof(crypt_data));
    return hash;
}

std::string fresh_setting(int cost) {
    std::array<std::uint8_t, 16> salt;
    random_bytes(salt);
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> out{};
    if (::crypt_gensalt_rn("$2b$", static_cast<unsigned long>(cost), reinterpret_cast<const char*>(salt.data()), salt.size(), out.data(), out.size()) == nullptr)
        throw std::system_error(errno, std::generic_category(), "crypt_gensalt_rn");
    return out.data();
}

Error overloaded() {
    return {.code = ErrorCode::rate_limited, .public_message = "Too many sign-ins at the moment; try again shortly",
            .internal_context = "password hashing queue is full", .violations = {}, .retry_after_s = 2};
}

}  // namespace

PasswordHasher::PasswordHasher(PasswordConfig config)
    : prefix_(std::format("{}$2b${:02}$", kScheme, config.bcrypt_cost)), cost_(config.bcrypt_cost), pool_("passwords", config.threads, config.queue_limit, async::Priority::background) {
    if (cost_ < 4 || cost_ > 16) throw std::invalid_argument("the bcrypt cost must be 4 to 16");
}

Task<std::string> PasswordHasher::hash(Secret password) {
    auto done = co_await async::offload(pool_, [this, password = std::move(password)] {
        ++hashes_;
        return bcrypt(password.reveal(), fresh_setting(cost_));
    });
    if (!done) co_return std::unexpected(overloaded());
    if (done->empty()) co_return fail(ErrorCode::internal_error, "The password could not be stored", "crypt_r refused a generated setting");
    co_return std::string(kScheme) + *done;
}

Task<bool> PasswordHasher::verify(Secret password, std::string stored) {
    const bool ours = stored.starts_with(std::string(kScheme) + "$2b$");
    auto expected = ours ? stored.substr(kScheme.size()) : prefix_.substr(kScheme.size()) + std::string(kDummySalt);
    auto done = co_await async::offload(pool_, [this, ours, password = std::move(password), expected = std::move(expected)] {
        ++hashes_;
        return secrets_equal(bcrypt(password.reveal(), expected), expected) && ours;
    });
    if (!done) co_return std::unexpected(overloaded());
    co_return *done;
}

bool PasswordHasher::needs_rehash(std::string_view stored) const { return !stored.starts_with(prefix_); }

}  // namespace agentic::auth
