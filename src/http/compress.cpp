#include "http/compress.hpp"

#include <zlib.h>

#include <array>
#include <cstdlib>

#include "http/grammar.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kCompressibleMin = 1024;
constexpr int kGzipWrapper = 16;   // added to the window bits

// The weight of one element of Accept-Encoding; 1 without a q parameter, 0 when malformed.
double weight_of(std::string_view element) {
    const auto semicolon = element.find(';');
    if (semicolon == std::string_view::npos) return 1;
    const auto parameter = trim_ows(element.substr(semicolon + 1));
    if (parameter.size() < 3 || (parameter[0] != 'q' && parameter[0] != 'Q') || parameter[1] != '=') return 0;
    return std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    bool any = false;
    std::string_view element;
    while (next_list_element(accept_encoding, element)) {
        const auto coding = trim_ows(element.substr(0, element.find(';')));
        if (equal_ignoring_case(coding, "gzip")) return weight_of(element) > 0;
        if (coding == "*") any = weight_of(element) > 0;
    }
    return any;
}

bool is_compressible(const Response& response) {
    if (response.stream || response.body.size() < kCompressibleMin || response.status == 206) return false;
    if (response.headers.get("content-encoding") || response.headers.get("etag")) return false;
    const auto type = response.headers.get("content-type").value_or("");
    if (type.starts_with("text/event-stream")) return false;
    if (type.starts_with("text/")) return true;
    for (const std::string_view known : {"application/json", "application/problem+json", "application/javascript", "application/xml", "application/yaml", "image/svg+xml"})
        if (type.starts_with(known)) return true;
    return false;
}

struct Gzip::State {
    State() {
        if (::deflateInit2(&stream, 1, Z_DEFLATED, 15 + kGzipWrapper, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
    }
    ~State() { ::deflateEnd(&stream); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    z_stream stream{};
};

Gzip::Gzip() = default;
Gzip::~Gzip() = default;

void Gzip::encode(Response& response) {
    if (!state_) state_ = std::make_unique<State>();
    auto& stream = state_->stream;
    ::deflateReset(&stream);
    std::string out;
    out.resize_and_overwrite(response.body.size(), [&](char* data, std::size_t size) -> std::size_t {
        stream.next_in = reinterpret_cast<Bytef*>(response.body.data());
        stream.avail_in = static_cast<uInt>(response.body.size());
        stream.next_out = reinterpret_cast<Bytef*>(data);
        stream.avail_out = static_cast<uInt>(size);
        return ::deflate(&stream, Z_FINISH) == Z_STREAM_END ? size - stream.avail_out : 0;   // 0: it would not have become smaller
    });
    if (out.empty()) return;
    response.body = std::move(out);
    response.headers.set("Content-Encoding", "gzip");
}

}  // namespace agentic::http
