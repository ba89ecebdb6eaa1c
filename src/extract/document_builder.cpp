#include "extract/document_builder.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <algorithm>

#include "core/utf8.hpp"
#include "extract/failed.hpp"
#include "extract/utf8.hpp"

namespace agentic::extract {
namespace {

using knowledge::wire::kStringBytesMax;

/// Characters that say nothing to a reader and can hide text from one: C1 controls, zero-width space, bidirectional overrides, tags, non-characters.
bool is_dropped(char32_t c) {
    return (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE || (c >= 0xE0000 && c <= 0xE007F);
}

bool is_space(char32_t c) { return c == '\t' || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000; }

bool is_line_end(char32_t c) { return c == '\n' || c == '\v' || c == '\f' || c == 0x85 || c == 0x2028 || c == 0x2029; }

void trim_line(std::string& out) {
    while (!out.empty() && out.back() == ' ') out.pop_back();
}

void append_clean(std::string& out, char32_t c) {
    if (is_line_end(c)) {
        trim_line(out);
        if (!out.empty()) out.push_back('\n');
    } else if (is_space(c)) {
        out.push_back(' ');
    } else if (c >= 0x20 && !is_dropped(c)) {
        append_utf8(out, c);
    }
}

void trim(std::string& text) {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
    text.erase(0, std::min(text.find_first_not_of(" \n"), text.size()));
}

void normalize(std::string& text) {
    UErrorCode status = U_ZERO_ERROR;
    const auto* nfc = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status) || nfc->isNormalizedUTF8(text, status)) return;
    std::string out;
    icu::StringByteSink sink(&out);
    nfc->normalizeUTF8(0, text, sink, nullptr, status);
    if (U_SUCCESS(status)) text = std::move(out);
}

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= 0x20 && c < 0x7F); });
}

std::string name_of(std::string_view text) {
    return std::string(cut_at_code_point(collapse_white_space(clean_text(text)), kStringBytesMax));
}

}  // namespace

std::string clean_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    if (is_plain(text)) {
        for (const char c : text) {
            if (c == '\n') trim_line(out);
            out.push_back(c);
        }
        trim(out);
        return out;
    }
    for (std::size_t at = 0; at < text.size();) {
        const auto c = next_utf8(text, at);
        if (c == '\r') {
            append_clean(out, '\n');
            if (at < text.size() && text[at] == '\n') ++at;
        } else {
            append_clean(out, c);
        }
    }
    trim(out);
    normalize(out);
    return out;
}

std::string collapse_white_space(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
        if (!space) {
            out.push_back(c);
        } else if (!out.empty() && out.back() != ' ') {
            out.push_back(' ');
        }
    }
    trim_line(out);
    return out;
}

void DocumentBuilder::add(knowledge::BlockKind kind, std::string_view text, std::uint8_t level, std::uint32_t page) {
    if (text.size() > 2 * kTextBytesMax) fail_with(knowledge::ExtractionFailure::too_large);
    const auto clean = clean_text(text);
    if (clean.empty()) return;
    auto& out = document_.text;
    if (out.size() + clean.size() + 2 > kTextBytesMax || document_.blocks.size() >= knowledge::wire::kBlocksMax) fail_with(knowledge::ExtractionFailure::too_large);
    if (!out.empty()) out += "\n\n";
    const auto begin = out.size();
    out += clean;
    document_.blocks.push_back({.kind = kind, .level = level, .page = page, .begin = begin, .end = out.size()});
}

void DocumentBuilder::set_title(std::string_view title) {
    if (document_.title.empty()) document_.title = name_of(title);
}

void DocumentBuilder::set_author(std::string_view author) {
    if (document_.author.empty()) document_.author = name_of(author);
}

void DocumentBuilder::set_language(std::string_view language) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; };
    if (!document_.language.empty() || language.size() < 2 || language.size() > 35) return;
    std::string tag(language);
    std::ranges::replace(tag, '_', '-');
    if (std::ranges::all_of(tag, fits) && tag.front() > '9') document_.language = std::move(tag);
}

}  // namespace agentic::extract
