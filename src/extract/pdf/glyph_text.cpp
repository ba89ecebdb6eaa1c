#include "extract/pdf/glyph_text.hpp"

#include <poppler/UTF.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "extract/utf8.hpp"

namespace agentic::extract::pdf {
namespace {

/// Characters that stand for the shape of a letter, not for a letter (Unicode "Alphabetic" and "Arabic Presentation Forms").
bool is_presentation_form(char32_t c) { return (c >= 0xFB00 && c <= 0xFDFB) || (c >= 0xFE70 && c <= 0xFEFC) || c == 0x132 || c == 0x133; }

void append_letters(std::string& out, char32_t c) {
    UErrorCode status = U_ZERO_ERROR;
    const auto* nfkc = icu::Normalizer2::getNFKCInstance(status);
    icu::UnicodeString letters;
    if (U_SUCCESS(status)) letters = nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), status);
    if (U_SUCCESS(status)) letters.toUTF8String(out);
}

}  // namespace

void append_glyph_text(std::string& out, const std::uint32_t* unicode, int length) {
    for (int i = 0; unicode != nullptr && i < length; ++i) {
        const char32_t c = unicode[i];
        if (c > 0x20 && c < 0x7F) {
            out.push_back(static_cast<char>(c));
        } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200A)) {
            out.push_back(' ');
        } else if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == kReplacement) {
            continue;
        } else if (c >= 0xF020 && c <= 0xF0FF) {   // symbol fonts by code; their usual bullet is the only one a reader would name
            if (c == 0xF0B7 || c == 0xF0A7) append_utf8(out, 0x2022);
        } else if (is_presentation_form(c)) {
            append_letters(out, c);
        } else {
            append_utf8(out, c);
        }
    }
}

std::string text_string(const std::string& bytes) {
    auto text = TextStringToUtf8(bytes);
    text.resize(std::min(text.find('\0'), text.size()));   // poppler counts the NUL behind it
    return text;
}

}  // namespace agentic::extract::pdf
