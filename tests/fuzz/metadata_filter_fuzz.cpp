// Metadata filters: any bytes either give a filter that can be asked about any metadata, or an error that a client can be shown.
#include "core/encoding.hpp"
#include "fuzz/fuzz_target.hpp"
#include "knowledge/metadata_filter.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("metadata_filter", [](std::string_view input) {
    const auto filter = knowledge::MetadataFilter::parse(input);
    if (!filter) {
        const auto& error = filter.error();
        require(error.code == ErrorCode::bad_request || error.code == ErrorCode::validation_error, "a bad filter is the client's fault");
        require(error.violations.size() <= 100, "violations are bounded");
        for (const auto& violation : error.violations) require(is_valid_utf8(violation.field) && !violation.issue.empty(), "a violation can be shown");
        return;
    }
    require(!filter->empty() || filter->matches("{}"), "an empty filter allows everything");
    filter->matches(R"({"a":1,"b":"x","c":[1,"x",null],"d":{"e":true}})");
    filter->matches(input);
});

}  // namespace
}  // namespace agentic::fuzz
