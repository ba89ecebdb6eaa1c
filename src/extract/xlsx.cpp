#include <charconv>
#include <vector>

#include "extract/failed.hpp"
#include "extract/office.hpp"
#include "extract/ooxml.hpp"

namespace agentic::extract {
namespace {

constexpr std::size_t kColumnsMax = 16'384;   // what the format allows

/// The text of a string item: plain or in runs, without its phonetic reading.
std::string item_text(const pugi::xml_node& item) {
    std::string out;
    for (const auto& node : item.children()) {
        if (local_name(node) == "t") out += node.text().get();
        if (local_name(node) == "r") out += child(node, "t").text().get();
    }
    return collapse_white_space(out);
}

std::vector<std::string> shared_strings(ZipPackage& package, const std::string& part) {
    std::vector<std::string> out;
    const auto strings = load_part(package, part);
    if (!strings) return out;
    for (const auto& item : strings->document.document_element().children()) out.push_back(item_text(item));
    return out;
}

/// The column of a reference such as "AB12", from 0; kColumnsMax when there is none.
std::size_t column_of(std::string_view reference) {
    std::size_t column = 0;
    for (const char c : reference) {
        if (c < 'A' || c > 'Z') break;
        column = column * 26 + static_cast<std::size_t>(c - 'A' + 1);
        if (column > kColumnsMax) return kColumnsMax;
    }
    return column == 0 ? kColumnsMax : column - 1;
}

std::string cell_text(const pugi::xml_node& cell, const std::vector<std::string>& strings) {
    const auto type = attribute(cell, "t");
    if (type == "inlineStr") return item_text(child(cell, "is"));
    const std::string_view value = child(cell, "v").text().get();
    if (type != "s") return collapse_white_space(value);
    std::size_t index = strings.size();
    std::from_chars(value.data(), value.data() + value.size(), index);
    return index < strings.size() ? strings[index] : std::string();
}

std::string row_text(const pugi::xml_node& row, const std::vector<std::string>& strings) {
    std::string out;
    std::size_t column = 0;
    bool filled = false;
    for (const auto& cell : row.children()) {
        const auto text = cell_text(cell, strings);
        if (text.empty()) continue;
        const auto at = column_of(attribute(cell, "r"));
        for (; filled && at < kColumnsMax && column < at; ++column) out += " | ";   // leading empty cells say nothing
        if (filled && at >= kColumnsMax) out += " | ";
        if (at < kColumnsMax) column = at;
        out += text;
        filled = true;
    }
    return out;
}

}  // namespace

void read_xlsx(ZipPackage& package, const std::string& workbook, DocumentBuilder& out) {
    const auto main = load_part(package, workbook);
    if (!main) fail_with(knowledge::ExtractionFailure::malformed);
    const auto parts = relationships_of(package, workbook);
    std::vector<std::string> strings;
    for (const auto& [id, relationship] : parts) {
        if (relationship.type == "sharedStrings") strings = shared_strings(package, relationship.target);
    }
    for (const auto& sheet : child(main->document.document_element(), "sheets").children()) {
        const auto part = parts.find(sheet.attribute("r:id").value());
        if (part == parts.end() || part->second.type != "worksheet" || attribute(sheet, "state") == "veryHidden") continue;
        const auto content = load_part(package, part->second.target);
        if (!content) continue;
        std::string table;
        for (const auto& row : child(content->document.document_element(), "sheetData").children()) {
            if (const auto line = row_text(row, strings); !line.empty()) table += line + '\n';
        }
        if (table.empty()) continue;
        out.add(knowledge::BlockKind::heading, attribute(sheet, "name"), 1);
        out.add(knowledge::BlockKind::table, table);
    }
}

}  // namespace agentic::extract
