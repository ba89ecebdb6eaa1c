#include "extract/html_elements.hpp"

#include <algorithm>
#include <string>

namespace agentic::extract {

ElementRole role_of(GumboTag tag) {
    switch (tag) {
        case GUMBO_TAG_H1: case GUMBO_TAG_H2: case GUMBO_TAG_H3: case GUMBO_TAG_H4: case GUMBO_TAG_H5: case GUMBO_TAG_H6: return ElementRole::heading;
        case GUMBO_TAG_LI: case GUMBO_TAG_DT: case GUMBO_TAG_DD: return ElementRole::list_item;
        case GUMBO_TAG_PRE: case GUMBO_TAG_TEXTAREA: case GUMBO_TAG_LISTING: case GUMBO_TAG_PLAINTEXT: case GUMBO_TAG_XMP: return ElementRole::preformatted;
        case GUMBO_TAG_TABLE: return ElementRole::table;
        case GUMBO_TAG_TR: return ElementRole::row;
        case GUMBO_TAG_TD: case GUMBO_TAG_TH: return ElementRole::cell;
        case GUMBO_TAG_BR: return ElementRole::line_break;
        case GUMBO_TAG_RT: return ElementRole::ruby_text;
        case GUMBO_TAG_SCRIPT: case GUMBO_TAG_STYLE: case GUMBO_TAG_TEMPLATE: case GUMBO_TAG_NOSCRIPT: case GUMBO_TAG_HEAD: case GUMBO_TAG_TITLE: case GUMBO_TAG_IFRAME:
        case GUMBO_TAG_OBJECT: case GUMBO_TAG_AUDIO: case GUMBO_TAG_VIDEO: case GUMBO_TAG_CANVAS: case GUMBO_TAG_RP: case GUMBO_TAG_DESC:
        case GUMBO_TAG_ANNOTATION_XML: case GUMBO_TAG_NOFRAMES: case GUMBO_TAG_NOEMBED: case GUMBO_TAG_DATALIST: return ElementRole::skipped;
        case GUMBO_TAG_HTML: case GUMBO_TAG_BODY: case GUMBO_TAG_P: case GUMBO_TAG_DIV: case GUMBO_TAG_SECTION: case GUMBO_TAG_ARTICLE: case GUMBO_TAG_ASIDE:
        case GUMBO_TAG_HEADER: case GUMBO_TAG_FOOTER: case GUMBO_TAG_NAV: case GUMBO_TAG_MAIN: case GUMBO_TAG_BLOCKQUOTE: case GUMBO_TAG_UL: case GUMBO_TAG_OL:
        case GUMBO_TAG_DL: case GUMBO_TAG_FIGURE: case GUMBO_TAG_FIGCAPTION: case GUMBO_TAG_ADDRESS: case GUMBO_TAG_FORM: case GUMBO_TAG_FIELDSET: case GUMBO_TAG_LEGEND:
        case GUMBO_TAG_DETAILS: case GUMBO_TAG_SUMMARY: case GUMBO_TAG_HGROUP: case GUMBO_TAG_HR: case GUMBO_TAG_CENTER: case GUMBO_TAG_DIR: case GUMBO_TAG_MENU:
        case GUMBO_TAG_CAPTION: case GUMBO_TAG_TBODY: case GUMBO_TAG_THEAD: case GUMBO_TAG_TFOOT: case GUMBO_TAG_OPTION: case GUMBO_TAG_OPTGROUP: case GUMBO_TAG_SELECT:
        case GUMBO_TAG_SEARCH: case GUMBO_TAG_DIALOG: return ElementRole::block;
        default: return ElementRole::inlined;
    }
}

std::string_view attribute(const GumboElement& element, const char* name) {
    const auto* found = gumbo_get_attribute(&element.attributes, name);
    return found == nullptr ? std::string_view() : std::string_view(found->value);
}

bool is_hidden(const GumboElement& element) {
    if (gumbo_get_attribute(&element.attributes, "hidden") != nullptr) return true;
    const auto style = attribute(element, "style");
    if (style.empty()) return false;
    std::string plain;
    for (const char c : style) {
        if (c != ' ' && c != '\t' && c != '\n') plain.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
    }
    return plain.contains("display:none") || plain.contains("visibility:hidden");
}

}  // namespace agentic::extract
