#pragma once
#include <optional>

#include "api/request_context.hpp"

namespace agentic::api::v1 {

/// The version (or the time of the last change) a write must still find, once require_match has accepted the state that was read: without If-Match any
/// will do.
template <class Version>
std::optional<Version> expected_version(const RequestContext& ctx, Version version_read) {
    if (ctx.request.headers.count("if-match") == 0) return std::nullopt;
    return version_read;
}

}  // namespace agentic::api::v1
