#include "extract/docx_styles.hpp"

#include <algorithm>

#include "extract/ooxml.hpp"

namespace agentic::extract {
namespace {

constexpr int kInheritanceMax = 16;

struct Definition {
    DocxStyle style;
    std::string parent;
};

/// From a style's built-in name ("heading 2", "Title") or its outline level, which is counted from 0.
std::uint8_t heading_of(const pugi::xml_node& style) {
    std::string name(attribute(child(style, "name"), "val"));
    std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    if (name == "title") return 1;
    if (name.size() == 9 && name.starts_with("heading ") && name[8] >= '1' && name[8] <= '9') return std::min<std::uint8_t>(6, static_cast<std::uint8_t>(name[8] - '0'));
    const auto outline = attribute(child(child(style, "pPr"), "outlineLvl"), "val");
    return outline.size() == 1 && outline[0] >= '0' && outline[0] <= '8' ? std::min<std::uint8_t>(6, static_cast<std::uint8_t>(outline[0] - '0' + 1)) : std::uint8_t{0};
}

}  // namespace

DocxStyles::DocxStyles(ZipPackage& package, const std::string& part) {
    const auto styles = load_part(package, part);
    if (!styles) return;
    std::unordered_map<std::string, Definition> definitions;
    for (const auto& node : styles->document.document_element().children()) {
        if (local_name(node) == "docDefaults") language_ = attribute(child(child(child(node, "rPrDefault"), "rPr"), "lang"), "val");
        if (local_name(node) != "style" || attribute(node, "type") != "paragraph") continue;
        definitions[std::string(attribute(node, "styleId"))] = {
            {.heading = heading_of(node), .list = !child(child(node, "pPr"), "numPr").empty()}, std::string(attribute(child(node, "basedOn"), "val"))};
    }
    for (const auto& [id, definition] : definitions) {
        auto style = definition.style;
        auto parent = definitions.find(definition.parent);
        for (int i = 0; i < kInheritanceMax && parent != definitions.end(); ++i, parent = definitions.find(parent->second.parent)) {
            if (style.heading == 0) style.heading = parent->second.style.heading;
            style.list = style.list || parent->second.style.list;
        }
        styles_[id] = style;
    }
}

DocxStyle DocxStyles::find(std::string_view id) const {
    const auto found = styles_.find(std::string(id));
    return found == styles_.end() ? DocxStyle{} : found->second;
}

}  // namespace agentic::extract
