// What a reader that has been taken over may write as its result.
#include "fuzz/fuzz_target.hpp"
#include "knowledge/extract_result.hpp"
#include "support/document_checks.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("extract_result", [](std::string_view input) {
    const auto document = knowledge::read_extract_result(input);
    if (!document) return;
    require(is_valid_utf8(document->text), "the text is UTF-8");
    std::size_t reached = 0;
    for (const auto& block : document->blocks) {
        require(block.begin >= reached && block.end > block.begin && block.end <= document->text.size(), "blocks stand in order inside the text");
        require(block.page <= document->page_count, "a block's page is there");
        reached = block.end;
    }
});

}  // namespace
}  // namespace agentic::fuzz
