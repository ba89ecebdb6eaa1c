#pragma once
#include <string>
#include <vector>

#include "core/error.hpp"
#include "schema/codec.hpp"

namespace agentic::schemas {

struct ErrorDetail {
    std::string field;
    std::string issue;
};

struct ErrorInfo {
    ErrorCode code = ErrorCode::internal_error;
    std::string message;
    std::vector<ErrorDetail> details;
    std::string request_id;
};

/// What every native route answers when it refuses or fails; http::error_response writes it.
struct Error {
    std::string detail;
    ErrorInfo error;
};

}  // namespace agentic::schemas

extern template struct agentic::schema::Codec<agentic::schemas::ErrorDetail>;
extern template struct agentic::schema::Codec<agentic::schemas::ErrorInfo>;
extern template struct agentic::schema::Codec<agentic::schemas::Error>;
