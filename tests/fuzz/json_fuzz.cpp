// Request bodies: any bytes either give a value that survives its own JSON, or an error that a client can be shown.
#include "core/encoding.hpp"
#include "fuzz/fuzz_target.hpp"
#include "schemas/agents.hpp"

namespace agentic::fuzz {
namespace {

using Codec = schema::Codec<schemas::AgentCreate>;

const Target kTarget("json", [](std::string_view input) {
    const auto value = Codec::parse(input);
    if (!value) {
        const auto& error = value.error();
        require(error.code == ErrorCode::bad_request || error.code == ErrorCode::validation_error, "a bad body is the client's fault");
        require(error.violations.size() <= 100, "violations are bounded");
        require(is_valid_utf8(error.public_message), "a message is text");
        for (const auto& violation : error.violations) require(is_valid_utf8(violation.field) && !violation.issue.empty(), "a violation can be shown");
        return;
    }
    const auto text = schema::to_json(*value);
    require(is_valid_utf8(text), "JSON is UTF-8");
    const auto again = Codec::parse(text);
    require(again.has_value() && schema::to_json(*again) == text, "a value survives its own JSON");
});

}  // namespace
}  // namespace agentic::fuzz
