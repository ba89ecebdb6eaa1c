#include "unit/extract/samples.hpp"

#include <format>

namespace agentic::test {
namespace {

std::string number(std::uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> 8 * i & 0xFF));
    return out;
}

std::uint32_t crc32(const std::string& data) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

}  // namespace

std::string zip_of(const std::vector<std::pair<std::string, std::string>>& parts) {
    std::string out;
    std::string directory;
    for (const auto& [name, data] : parts) {
        const auto fields = number(20, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0x21, 2) + number(crc32(data), 4) + number(data.size(), 4) + number(data.size(), 4) + number(name.size(), 2);
        directory += "PK\x01\x02" + number(20, 2) + fields + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) + number(out.size(), 4) + name;
        out += "PK\x03\x04" + fields + number(0, 2) + name + data;
    }
    const auto at = out.size();
    return out + directory + "PK\x05\x06" + number(0, 4) + number(parts.size(), 2) + number(parts.size(), 2) + number(directory.size(), 4) + number(at, 4) + number(0, 2);
}

std::string docx_of(const std::string& body, std::vector<std::pair<std::string, std::string>> more) {
    more.emplace_back("_rels/.rels", R"(<R><Relationship Id="r" Type="http://x/officeDocument" Target="word/document.xml"/></R>)");
    more.emplace_back("word/document.xml", R"(<w:document xmlns:w="w"><w:body>)" + body + "</w:body></w:document>");
    return zip_of(more);
}

PdfSample& PdfSample::at(double x, double y, const std::string& text, double size, bool bold) {
    pages_.back() += std::format("BT /{} {} Tf {} {} Td ({}) Tj ET\n", bold ? 'B' : 'F', size, x, y, text);
    return *this;
}

PdfSample& PdfSample::raw(const std::string& operators) {
    pages_.back() += operators;
    return *this;
}

PdfSample& PdfSample::page() {
    pages_.emplace_back();
    return *this;
}

std::string PdfSample::bytes(const std::string& font_extra) const {
    std::string kids;
    for (std::size_t i = 0; i < pages_.size(); ++i) kids += std::format("{} 0 R ", 5 + 2 * i);
    std::vector<std::string> objects{"<</Type /Catalog /Pages 2 0 R /Lang (en-GB)>>", std::format("<</Type /Pages /Kids [{}] /Count {}>>", kids, pages_.size()),
                                     "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding " + font_extra + ">>",
                                     "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding>>"};
    for (std::size_t i = 0; i < pages_.size(); ++i) {
        objects.push_back(std::format("<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources <</Font <</F 3 0 R /B 4 0 R>>>> /Contents {} 0 R>>", 6 + 2 * i));
        objects.push_back(std::format("<</Length {}>>\nstream\n{}endstream", pages_[i].size(), pages_[i]));
    }
    objects.push_back("<</Title (A title) /Author (An author)>>");
    std::string out = "%PDF-1.7\n";
    std::string table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        table += std::format("{:010} 00000 n \n", out.size());
        out += std::format("{} 0 obj\n{}\nendobj\n", i + 1, objects[i]);
    }
    const auto at = out.size();
    return out + std::format("xref\n0 {}\n0000000000 65535 f \n{}trailer <</Size {} /Root 1 0 R /Info {} 0 R>>\nstartxref\n{}\n%%EOF\n", objects.size() + 1, table, objects.size() + 1, objects.size(), at);
}

}  // namespace agentic::test
