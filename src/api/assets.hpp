#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace agentic::api {

/// A file that is part of the program: pages, scripts and styles, gzipped by the build.
struct Asset {
    std::string_view name;           // "start.css"
    std::string_view content_type;
    std::string_view etag;           // of the plain bytes
    std::string_view gzip;
    std::size_t size;                // of the plain bytes
};

std::span<const Asset> assets();
const Asset* find_asset(std::string_view name);

/// The asset as an answer: compressed when the client takes that, 304 when it has it already. Browsers keep it but ask each time.
http::Response asset_response(const Asset& asset, const http::Request& request);

/// A page with the Content-Security-Policy that it needs.
http::Response page_response(std::string_view name, std::string_view content_security_policy, const http::Request& request);

}  // namespace agentic::api
