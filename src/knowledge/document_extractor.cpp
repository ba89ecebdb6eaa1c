#include "knowledge/document_extractor.hpp"

#include <utility>

namespace agentic::knowledge {
namespace {

constexpr std::string_view kField = "file";

}  // namespace

std::unexpected<Error> extraction_error(ExtractionFailure failure, std::string internal_context) {
    return std::unexpected(Error{.code = ErrorCode::bad_request,
                                 .public_message = std::string(message_of(failure)),
                                 .internal_context = std::move(internal_context),
                                 .violations = {{.field = std::string(kField), .issue = std::string(to_string(failure))}}});
}

std::optional<ExtractionFailure> extraction_failure_of(const Error& error) {
    if (error.code != ErrorCode::bad_request || error.violations.size() != 1 || error.violations.front().field != kField) return std::nullopt;
    for (std::size_t i = 0; i < detail::kFailureWords.size(); ++i) {
        if (detail::kFailureWords[i].word == error.violations.front().issue) return static_cast<ExtractionFailure>(i);
    }
    return std::nullopt;
}

}  // namespace agentic::knowledge
