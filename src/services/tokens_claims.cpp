#include <array>
#include <bitset>
#include <charconv>

#include "services/tokens.hpp"

namespace agentic::auth {

namespace {

/// A reader of the one JSON shape that our payloads have. Anything else, valid JSON or not, is refused.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    bool take(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }

    /// Printable ASCII without escapes.
    std::optional<std::string_view> string() {
        if (!take('"')) return std::nullopt;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                const auto out = rest_.substr(0, i);
                rest_.remove_prefix(i + 1);
                return out;
            }
            if (rest_[i] < ' ' || rest_[i] > '~' || rest_[i] == '\\') return std::nullopt;
        }
        return std::nullopt;
    }

    /// A whole number below 10^12: no sign, fraction, exponent or leading zero. Later years are nonsense, and sums cannot overflow.
    std::optional<std::int64_t> integer() {
        std::size_t digits = 0;
        while (digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') ++digits;
        if (digits == 0 || digits > 12 || rest_.front() == '0') return std::nullopt;
        std::int64_t out = 0;
        std::from_chars(rest_.data(), rest_.data() + digits, out);
        rest_.remove_prefix(digits);
        return out;
    }

    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

constexpr std::array<std::string_view, 8> kNames = {"sub", "tid", "sid", "type", "iss", "aud", "iat", "exp"};

bool read_id(Scanner& in, Uuid& out) {
    const auto text = in.string();
    if (!text) return false;
    const auto id = Uuid::parse(*text);
    if (!id || id->is_nil()) return false;
    out = *id;
    return true;
}

bool read_number(Scanner& in, std::int64_t& out) {
    const auto number = in.integer();
    out = number.value_or(0);
    return number.has_value();
}

bool read_claim(Scanner& in, std::size_t which, AccessClaims& claims) {
    switch (which) {
        case 0: return read_id(in, claims.user_id);
        case 1: return read_id(in, claims.tenant_id);
        case 2: return read_id(in, claims.session_id);
        case 3: return in.string() == "access";
        case 4: return in.string() == "agentic";
        case 5: return in.string() == "agentic-api";
        case 6: return read_number(in, claims.issued_at_s);
        case 7: return read_number(in, claims.expires_at_s);
        default: return false;
    }
}

}  // namespace

std::optional<AccessClaims> parse_access_claims(std::string_view json) {
    Scanner in(json);
    AccessClaims claims;
    std::bitset<kNames.size()> seen;
    if (!in.take('{')) return std::nullopt;
    do {
        const auto name = in.string();
        if (!name) return std::nullopt;
        std::size_t which = 0;
        while (which < kNames.size() && kNames[which] != *name) ++which;
        if (which == kNames.size() || seen[which]) return std::nullopt;
        seen.set(which);
        if (!in.take(':') || !read_claim(in, which, claims)) return std::nullopt;
    } while (in.take(','));
    if (!in.take('}') || !in.at_end() || !seen.all()) return std::nullopt;
    return claims;
}

}  // namespace agentic::auth
