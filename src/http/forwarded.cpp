#include "http/forwarded.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstddef>
#include <optional>

#include "http/grammar.hpp"

namespace agentic::http {
namespace {

namespace ip = boost::asio::ip;
constexpr std::size_t kHopsMax = 16;

std::optional<std::array<std::uint8_t, 16>> bits_of(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(text, error);
    if (error || text.find('%') != std::string_view::npos) return std::nullopt;
    return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes() : address.to_v6().to_bytes();
}

bool same_prefix(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, unsigned length) {
    for (unsigned i = 0; i < length; ++i)
        if (((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) != 0) return false;
    return true;
}

// Cuts the last element off a comma-separated list; false at its beginning.
bool last_element(std::string_view& list, std::string_view& element) {
    if (list.empty()) return false;
    const auto comma = list.rfind(',');
    element = trim_ows(comma == std::string_view::npos ? list : list.substr(comma + 1));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
    return true;
}

// Several fields of one name are one list, RFC 9110 5.3.
std::string joined(const Headers& headers, std::string_view name) {
    std::string all;
    for (const auto [field, value] : headers.fields()) {
        if (!equal_ignoring_case(field, name)) continue;
        if (!all.empty()) all += ',';
        all += value;
    }
    return all;
}

}  // namespace

Result<TrustedProxies> TrustedProxies::create(const std::vector<std::string>& blocks) {
    TrustedProxies proxies;
    for (const std::string_view text : blocks) {
        const auto slash = text.find('/');
        const auto address = text.substr(0, slash);
        const auto bits = bits_of(address);
        const bool is_v4 = address.find(':') == std::string_view::npos;
        const unsigned width = is_v4 ? 32 : 128;
        unsigned length = width;
        if (slash != std::string_view::npos) {
            const auto digits = text.substr(slash + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
            if (error != std::errc{} || end != digits.data() + digits.size()) length = width + 1;
        }
        if (!bits || length > width) return fail(ErrorCode::validation_error, "TRUSTED_PROXIES: an entry is neither an address nor a CIDR block");
        proxies.blocks_.push_back({*bits, is_v4 ? length + 96 : length});
    }
    return proxies;
}

bool TrustedProxies::contains(std::string_view address) const {
    const auto bits = blocks_.empty() ? std::nullopt : bits_of(address);
    if (!bits) return false;
    for (const auto& block : blocks_)
        if (same_prefix(*bits, block.bits, block.length)) return true;
    return false;
}

void TrustedProxies::resolve(std::string_view peer, Request& request) const {
    request.remote_address = peer;
    request.https = false;
    if (!contains(peer)) return;
    const auto chain = joined(request.headers, "x-forwarded-for");
    std::string_view list = chain;
    std::string_view hop;
    for (std::size_t i = 0; i < kHopsMax && last_element(list, hop); ++i) {
        if (!bits_of(hop)) break;
        request.remote_address = hop;
        if (!contains(hop)) break;
    }
    const auto schemes = joined(request.headers, "x-forwarded-proto");
    list = schemes;
    request.https = last_element(list, hop) && equal_ignoring_case(hop, "https");
}

}  // namespace agentic::http
