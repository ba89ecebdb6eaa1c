#include "extract/detect.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "extract/encoding.hpp"

namespace agentic::extract {
namespace {

constexpr std::size_t kHeadBytes = 4096;
constexpr std::size_t kPdfHeaderReach = 1024;   // bytes before "%PDF-" that readers tolerate

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool names(std::string_view file_name, std::initializer_list<std::string_view> extensions) {
    const auto name = lower(file_name);
    return std::ranges::any_of(extensions, [&](std::string_view extension) { return name.ends_with(extension); });
}

/// Skips white space, comments and XML declarations: what may stand before the first tag.
std::string_view skip_prolog(std::string_view text) {
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\f"), text.size()));
        const bool comment = text.starts_with("<!--");
        if (!comment && !text.starts_with("<?xml")) return text;
        const auto end = text.find(comment ? "-->" : "?>");
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + (comment ? 3 : 2));
    }
}

bool begins_as_html_document(std::string_view head) {
    static constexpr std::array<std::string_view, 4> kTags{"<!doctype html", "<html", "<head", "<body"};
    return std::ranges::any_of(kTags, [&](std::string_view tag) { return head.starts_with(tag); });
}

/// The tags by which browsers take bytes for HTML (WHATWG MIME Sniffing, 7.1), beyond those of a whole document.
bool begins_as_html_fragment(std::string_view head) {
    static constexpr std::array<std::string_view, 12> kTags{"<script", "<iframe", "<h1", "<div", "<font", "<table", "<a ", "<style", "<title", "<b>", "<br", "<p>"};
    return std::ranges::any_of(kTags, [&](std::string_view tag) { return head.starts_with(tag); });
}

/// Control characters other than white space and escape, as a share of the characters.
bool is_binary(std::string_view text) {
    const auto odd = std::ranges::count_if(text, [](char c) { return (c >= 0 && c < 0x20 && !(c >= '\t' && c <= '\r') && c != 0x1B && c != 0x1A) || c == 0x7F; });
    return static_cast<std::size_t>(odd) * 100 > text.size();
}

bool is_ole(std::string_view bytes) { return bytes.starts_with(std::string_view("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8)); }

/// Office documents under a password are OLE files with a stream of this name (MS-OFFCRYPTO 2.3.4.4).
bool is_encrypted_package(std::string_view bytes) {
    static constexpr std::string_view kName("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e", 31);
    return bytes.contains(kName);
}

Format text_format(std::string_view head, std::string_view file_name, std::string_view declared_type) {
    const auto first = skip_prolog(head);
    if (begins_as_html_document(first)) return Format::html;
    const bool known = names(file_name, {".md", ".markdown", ".csv", ".tsv", ".txt", ".text"});
    if (names(file_name, {".html", ".htm", ".xhtml"}) || (!known && begins_as_html_fragment(first))) return Format::html;
    if (names(file_name, {".md", ".markdown", ".mdown", ".mkd"})) return Format::markdown;
    if (names(file_name, {".csv", ".tsv"})) return Format::csv;
    if (known) return Format::text;
    if (declared_type.starts_with("text/html") || declared_type.starts_with("application/xhtml")) return Format::html;
    if (declared_type.starts_with("text/markdown") || declared_type.starts_with("text/x-markdown")) return Format::markdown;
    if (declared_type.starts_with("text/csv") || declared_type.starts_with("text/tab-separated")) return Format::csv;
    return Format::text;
}

}  // namespace

Format detect_format(std::string_view bytes, std::string_view file_name, std::string_view declared_type) {
    static constexpr std::array<std::string_view, 4> kNotText{"{\\rtf", "%!PS", "\x1F\x8B", "\x7F" "ELF"};
    if (bytes.substr(0, kPdfHeaderReach).contains("%PDF-")) return Format::pdf;
    if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return Format::zip;
    if (is_ole(bytes)) return is_encrypted_package(bytes) ? Format::encrypted : Format::unsupported;
    if (std::ranges::any_of(kNotText, [&](std::string_view magic) { return bytes.starts_with(magic); })) return Format::unsupported;
    const auto head = lower(to_utf8(bytes.substr(0, kHeadBytes)));
    if (is_binary(head)) return Format::unsupported;
    return text_format(head, file_name, lower(declared_type));
}

std::string_view media_type_of(Format format) {
    switch (format) {
        case Format::pdf: return "application/pdf";
        case Format::html: return "text/html";
        case Format::markdown: return "text/markdown";
        case Format::csv: return "text/csv";
        case Format::text: return "text/plain";
        default: return "application/octet-stream";
    }
}

}  // namespace agentic::extract
