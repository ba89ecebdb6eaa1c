// Any bytes as an HTML page.
#include "extract/failed.hpp"
#include "extract/encoding.hpp"
#include "extract/html.hpp"
#include "fuzz/fuzz_target.hpp"
#include "support/document_checks.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("html", [](std::string_view input) {
    extract::DocumentBuilder out;
    try {
        extract::read_html(extract::to_utf8(input, extract::html_charset(input, "")), out);
    } catch (const extract::Failed&) {
        return;
    }
    require(test::fault_of(out.take()).empty(), "an extracted document keeps to its rules");
});

}  // namespace
}  // namespace agentic::fuzz
