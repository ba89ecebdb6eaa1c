// Outbound URLs and allow-lists. What the strict parser accepts, libcurl must read in the same way: that is its whole purpose.
#include <curl/curl.h>

#include <memory>
#include <string>

#include "fuzz/fuzz_target.hpp"
#include "http/address_guard.hpp"
#include "http/outbound_url.hpp"

namespace agentic::fuzz {
namespace {

std::string part_of(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    const std::unique_ptr<char, void (*)(void*)> owner(text, curl_free);
    return text;
}

const Target kTarget("url_guard", [](std::string_view input) {
    const auto target = http::parse_outbound_url(input);
    if (target) {
        const std::unique_ptr<CURLU, void (*)(CURLU*)> url(curl_url(), curl_url_cleanup);
        const std::string terminated(input);
        require(curl_url_set(url.get(), CURLUPART_URL, terminated.c_str(), 0) == CURLUE_OK, "libcurl accepts it too");
        require(part_of(url.get(), CURLUPART_SCHEME) == (target->tls ? "https" : "http"), "same scheme");
        require(part_of(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT) == std::to_string(target->port), "same port");
        require(part_of(url.get(), CURLUPART_USER).empty() && part_of(url.get(), CURLUPART_PASSWORD).empty(), "no user");
        auto host = part_of(url.get(), CURLUPART_HOST);
        if (host.starts_with('[')) {
            host = host.substr(1, host.size() - 2);
            require(http::IpAddress::parse(host) == http::IpAddress::parse(target->host), "same address");
        } else {
            for (auto& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
            require(host == target->host, "same host");
        }
    }
    const auto location = http::resolve_location("https://base.example/a/b?c", input);
    if (const auto moved = http::parse_outbound_url(location)) require(!moved->host.empty() && moved->port != 0, "a target is complete");
    (void)http::AddressGuard::create(input);
    if (const auto address = http::IpAddress::parse(input)) {
        const http::AddressGuard guard;
        require(guard.allows(*address, 80) == !http::is_special_purpose(*address), "only special addresses are refused");
    }
});

}  // namespace
}  // namespace agentic::fuzz
