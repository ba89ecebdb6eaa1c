#pragma once
#include <cstdint>
#include <optional>

#include "api/request_context.hpp"

namespace agentic::api::v1 {

/// The version a write must still find, once require_match has accepted the state that was read: without If-Match any version will do.
inline std::optional<std::int64_t> expected_version(const RequestContext& ctx, std::int64_t version_read) {
    if (ctx.request.headers.count("if-match") == 0) return std::nullopt;
    return version_read;
}

}  // namespace agentic::api::v1
