// Any bytes as plain text and as separated values; detection on the way.
#include "extract/failed.hpp"
#include "extract/detect.hpp"
#include "extract/plain_text.hpp"
#include "fuzz/fuzz_target.hpp"
#include "support/document_checks.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("text", [](std::string_view input) {
    extract::DocumentBuilder out;
    try {
        extract::detect_format(input, "a", "");
        if (input.size() % 2 == 0) extract::read_plain_text(input, out);
        else extract::read_csv(input, out);
    } catch (const extract::Failed&) {
        return;
    }
    require(test::fault_of(out.take()).empty(), "an extracted document keeps to its rules");
});

}  // namespace
}  // namespace agentic::fuzz
