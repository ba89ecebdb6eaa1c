#include "api/assets.hpp"

#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "api/etag.hpp"
#include "http/compress.hpp"

namespace agentic::api {
namespace {

// Few clients come without gzip, so the plain bytes are not kept.
std::string unpack(const Asset& asset) {
    std::string plain(asset.size, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::runtime_error("inflateInit2 failed");
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(asset.gzip.data()));  // zlib only reads it
    stream.avail_in = static_cast<uInt>(asset.gzip.size());
    stream.next_out = reinterpret_cast<Bytef*>(plain.data());
    stream.avail_out = static_cast<uInt>(plain.size());
    const int status = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    if (status != Z_STREAM_END) throw std::runtime_error("an embedded asset is damaged");
    return plain;
}

}  // namespace

const Asset* find_asset(std::string_view name) {
    const auto all = assets();
    const auto found = std::ranges::find(all, name, &Asset::name);
    return found == all.end() ? nullptr : &*found;
}

http::Response asset_response(const Asset& asset, const http::Request& request) {
    http::Response response;
    response.headers.add("etag", asset.etag);
    response.headers.add("cache-control", "no-cache");
    response.headers.add("vary", "Accept-Encoding");
    const auto known = request.headers.get("if-none-match");
    if (known && none_match_lists(*known, asset.etag)) {
        response.status = 304;
        return response;
    }
    response.headers.add("content-type", asset.content_type);
    if (http::accepts_gzip(request.headers.get("accept-encoding").value_or(""))) {
        response.headers.add("content-encoding", "gzip");
        response.body = asset.gzip;
    } else {
        response.body = unpack(asset);
    }
    return response;
}

http::Response page_response(std::string_view name, std::string_view content_security_policy, const http::Request& request) {
    const auto* page = find_asset(name);
    if (!page) throw std::logic_error("no such page: " + std::string(name));
    auto response = asset_response(*page, request);
    response.headers.add("content-security-policy", content_security_policy);
    return response;
}

}  // namespace agentic::api
