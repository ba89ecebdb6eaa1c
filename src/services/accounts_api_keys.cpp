#include "services/accounts_api_keys.hpp"

#include <algorithm>
#include <array>
#include <format>

#include "core/encoding.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "services/authenticator_tokens.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

namespace {

constexpr std::array kScopes = {
    ApiScope{"agents:execute", Role::member}, ApiScope{"agents:read", Role::viewer},        ApiScope{"agents:write", Role::member},
    ApiScope{"conversations:read", Role::viewer}, ApiScope{"conversations:write", Role::member}, ApiScope{"rag:read", Role::viewer},
    ApiScope{"rag:write", Role::member},      ApiScope{"runs:read", Role::viewer},          ApiScope{"tenant:read", Role::viewer},
};

void check_scopes(const std::vector<std::string>& scopes, Role role, Violations& violations) {
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const auto known = std::ranges::find(kScopes, scopes[i], &ApiScope::name);
        if (known == kScopes.end()) violations.push_back({std::format("scopes[{}]", i), "must be a known scope"});
        else if (role < known->minimum) violations.push_back({std::format("scopes[{}]", i), "must not exceed your role"});
    }
}

/// `agp_` and 12 hex digits, by which the key is found.
std::string new_prefix() {
    std::array<std::uint8_t, 6> bytes;
    random_bytes(bytes);
    return std::string(kApiKeyMark) + hex_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

std::string join(std::vector<std::string> scopes) {
    std::ranges::sort(scopes);
    const auto repeated = std::ranges::unique(scopes);
    scopes.erase(repeated.begin(), repeated.end());
    std::string out;
    for (const auto& scope : scopes) out += (out.empty() ? "" : " ") + scope;
    return out;
}

std::optional<Uuid> whose(const Principal& principal) { return principal.role >= Role::admin ? std::nullopt : std::optional(principal.user_id); }

}  // namespace

std::span<const ApiScope> api_scopes() { return kScopes; }

Task<schemas::ApiKeyCreated> ApiKeyService::create(OpContext& op, schemas::ApiKeyCreate in) {
    const auto now = op.clock.now();
    Violations violations;
    check_scopes(in.scopes, op.principal.role, violations);
    if (in.expires_at && *in.expires_at <= now) violations.push_back({"expires_at", "must be in the future"});
    if (!violations.empty()) co_return fail_validation(std::move(violations));

    const auto prefix = new_prefix();
    const auto key = prefix + random_token(32);
    db::ApiKeyRow row{.id = make_uuid_v7(now.unix_ms()), .user_id = op.principal.user_id, .name = std::move(in.name), .prefix = prefix,
                      .scopes = join(std::move(in.scopes)), .expires_at = in.expires_at, .created_at = now};
    AGENTIC_CO_TRY(const auto stored, co_await keys_.insert(op.tenant, std::move(row), secret_hash(key)));
    log::info("api_key_created", "An API key was created",
              {{"tenant_id", op.tenant.tenant_id().to_string()}, {"user_id", stored.user_id.to_string()}, {"api_key_id", stored.id.to_string()}});
    co_return schemas::ApiKeyCreated{stored.id, stored.user_id, stored.name, stored.prefix, key, split_scopes(stored.scopes), stored.expires_at, stored.created_at};
}

Task<db::Page<db::ApiKeyRow>> ApiKeyService::list(OpContext& op, db::PageRequest page) { return keys_.list(op.tenant, whose(op.principal), page); }

Task<> ApiKeyService::revoke(OpContext& op, Uuid id) {
    AGENTIC_CO_CHECK(co_await keys_.remove(op.tenant, id, whose(op.principal), op.clock.now()));
    principals_.forget(op.tenant.tenant_id());
    log::info("api_key_revoked", "An API key was revoked", {{"tenant_id", op.tenant.tenant_id().to_string()}, {"api_key_id", id.to_string()}, {"by", op.principal.user_id.to_string()}});
    co_return Result<void>();
}

}  // namespace agentic::auth
