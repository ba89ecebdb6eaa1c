// Any bytes as a ZIP package, and its parts as DOCX, PPTX and XLSX.
#include "extract/failed.hpp"
#include "extract/office.hpp"
#include "fuzz/fuzz_target.hpp"
#include "support/document_checks.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("docx", [](std::string_view input) {
    extract::DocumentBuilder out;
    try {
        extract::read_office(input, out);
    } catch (const extract::Failed&) {
        return;
    }
    require(test::fault_of(out.take()).empty(), "an extracted document keeps to its rules");
});

}  // namespace
}  // namespace agentic::fuzz
