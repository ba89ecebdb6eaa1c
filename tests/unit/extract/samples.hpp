#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// Documents made in code, small enough to be read in the test.
namespace agentic::test {

/// A ZIP file of stored parts.
std::string zip_of(const std::vector<std::pair<std::string, std::string>>& parts);

/// A DOCX of this body (WordprocessingML), with more parts.
std::string docx_of(const std::string& body, std::vector<std::pair<std::string, std::string>> more = {});

/// A PDF in one standard font, drawn by content streams, one a page.
class PdfSample {
public:
    /// `at` draws text with its baseline at x, y (points from the lower left).
    PdfSample& at(double x, double y, const std::string& text, double size = 10, bool bold = false);
    PdfSample& raw(const std::string& operators);
    PdfSample& page();
    std::string bytes(const std::string& font_extra = "") const;

private:
    std::vector<std::string> pages_{1};
};

}  // namespace agentic::test
