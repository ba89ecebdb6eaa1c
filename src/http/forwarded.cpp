#include "http/forwarded.hpp"

#include <algorithm>
#include <cstddef>

#include "http/grammar.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kHopsMax = 16;

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
    for (const auto& text : blocks) {
        const auto block = AddressBlock::parse(text);
        if (!block) return fail(ErrorCode::validation_error, "TRUSTED_PROXIES: '" + text + "' is neither an address nor a block such as 10.0.0.0/8");
        proxies.blocks_.push_back(*block);
    }
    return proxies;
}

bool TrustedProxies::contains(std::string_view address) const {
    const auto parsed = blocks_.empty() ? std::nullopt : IpAddress::parse(address);
    return parsed && std::ranges::any_of(blocks_, [&](const AddressBlock& block) { return block.contains(*parsed); });
}

void TrustedProxies::resolve(std::string_view peer, Request& request) const {
    request.remote_address = peer;
    request.https = false;
    if (!contains(peer)) return;
    const auto chain = joined(request.headers, "x-forwarded-for");
    std::string_view list = chain;
    std::string_view hop;
    for (std::size_t i = 0; i < kHopsMax && last_element(list, hop); ++i) {
        if (!IpAddress::parse(hop)) break;
        request.remote_address = hop;
        if (!contains(hop)) break;
    }
    const auto schemes = joined(request.headers, "x-forwarded-proto");
    list = schemes;
    request.https = last_element(list, hop) && equal_ignoring_case(hop, "https");
}

}  // namespace agentic::http
