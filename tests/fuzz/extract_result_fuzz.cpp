// What a reader that has been taken over may write as its result, and what becomes of it before it is cut.
#include "fuzz/fuzz_target.hpp"
#include "knowledge/clean_text.hpp"
#include "knowledge/extract_result.hpp"
#include "support/document_checks.hpp"

namespace agentic::fuzz {
namespace {

void require_rules(const knowledge::ExtractedDocument& document) {
    require(is_valid_utf8(document.text), "the text is UTF-8");
    std::size_t reached = 0;
    for (const auto& block : document.blocks) {
        require(block.begin >= reached && block.end > block.begin && block.end <= document.text.size(), "blocks stand in order inside the text");
        require(block.page <= document.page_count, "a block's page is there");
        reached = block.end;
    }
}

const Target kTarget("extract_result", [](std::string_view input) {
    const auto document = knowledge::read_extract_result(input);
    if (!document) return;
    require_rules(*document);
    const auto clean = knowledge::clean_text(*document);
    require_rules(clean);
    require(!clean.text.contains("\u00AD"), "no soft hyphen is left");
});

}  // namespace
}  // namespace agentic::fuzz
