#pragma once
#include "api/route.hpp"

namespace agentic::api::v1 {

// Knowledge belongs to the tenant: every member may add to it, a viewer only reads. A private collection is its maker's and the administrators'.
inline constexpr auto kReadKnowledge = Policy::role(Role::viewer, "rag:read");
inline constexpr auto kWriteKnowledge = Policy::role(Role::member, "rag:write");

}  // namespace agentic::api::v1
