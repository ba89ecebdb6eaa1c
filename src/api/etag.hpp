#pragma once
#include <string>
#include <string_view>

namespace agentic::api {

/// A strong entity tag of these bytes, quotes included: the same on every machine, 128 bits of a fast non-cryptographic hash.
std::string etag_of(std::string_view body);

/// Whether `tag` is in the value of an If-None-Match field (weak comparison; `*` matches).
bool none_match_lists(std::string_view field, std::string_view tag);
/// Whether `tag` is in the value of an If-Match field (strong comparison; `*` matches).
bool match_lists(std::string_view field, std::string_view tag);

}  // namespace agentic::api
