// Paths and authorities.
#include "core/encoding.hpp"
#include "fuzz/fuzz_target.hpp"
#include "http/target.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("url", [](std::string_view input) {
    (void)http::is_valid_authority(input);
    std::string path;
    if (!http::decode_path(input, path)) return;
    require(path.starts_with('/') && path.size() <= input.size(), "a path starts with a slash and does not grow");
    require(is_valid_utf8(path), "a path is UTF-8");
    require(path.find_first_of(std::string_view("\\%\0\r\n\x7f", 6)) == std::string::npos, "no separator or control hides in an escape");
    for (const std::string_view odd : {"//", "/./", "/../"}) require(!path.contains(odd), "no odd segment is left");
    require(!path.ends_with("/.") && !path.ends_with("/.."), "no dot segment ends a path");
    std::string encoded;
    for (const char c : path) encoded += c == '/' ? "/" : percent_encode({&c, 1});
    std::string again;
    require(http::decode_path(encoded, again) && again == path, "encoding and decoding again gives the same path");
});

}  // namespace
}  // namespace agentic::fuzz
