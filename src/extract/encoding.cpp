#include "extract/encoding.hpp"

#include <uchardet/uchardet.h>
#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "core/encoding.hpp"
#include "extract/document_builder.hpp"
#include "extract/failed.hpp"

namespace agentic::extract {
namespace {

constexpr std::size_t kDetectBytes = 256 << 10;

/// Labels that mean more than they say (WHATWG Encoding Standard), and names that ICU spells otherwise.
constexpr std::array<std::array<std::string_view, 2>, 17> kLabels{{
    {"iso-8859-1", "windows-1252"}, {"us-ascii", "windows-1252"}, {"ascii", "windows-1252"}, {"latin1", "windows-1252"}, {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "windows-874"}, {"tis-620", "windows-874"}, {"shift_jis", "windows-31j"}, {"shift-jis", "windows-31j"}, {"sjis", "windows-31j"},
    {"gb2312", "gb18030"}, {"gbk", "gb18030"}, {"hz-gb-2312", "hz"}, {"euc-kr", "windows-949"}, {"ks_c_5601-1987", "windows-949"}, {"uhc", "windows-949"},
    {"mac-cyrillic", "x-mac-cyrillic"},
}};

std::string icu_name(std::string_view label) {
    std::string name(label);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const auto& [from, to] : kLabels) {
        if (name == from) return std::string(to);
    }
    return name;
}

struct Close {
    void operator()(UConverter* converter) const { ucnv_close(converter); }
    void operator()(uchardet* detector) const { uchardet_delete(detector); }
};

/// Empty when ICU knows no such encoding.
std::string convert(std::string_view bytes, const std::string& encoding) {
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<UConverter, Close> from(ucnv_open(encoding.c_str(), &status));
    const std::unique_ptr<UConverter, Close> to(ucnv_open("UTF-8", &status));
    if (U_FAILURE(status)) return {};
    std::string out;
    std::array<UChar, 4096> pivot;
    UChar* pivot_source = pivot.data();
    UChar* pivot_target = pivot.data();
    const char* source = bytes.data();
    std::array<char, 16384> piece;
    for (bool first = true;; first = false) {
        char* target = piece.data();
        status = U_ZERO_ERROR;
        ucnv_convertEx(to.get(), from.get(), &target, piece.data() + piece.size(), &source, bytes.data() + bytes.size(), pivot.data(), &pivot_source, &pivot_target,
                       pivot.data() + pivot.size(), first, true, &status);
        out.append(piece.data(), target);
        if (out.size() > 2 * kTextBytesMax) fail_with(knowledge::ExtractionFailure::too_large);
        if (status != U_BUFFER_OVERFLOW_ERROR) break;
    }
    return out;
}

struct Mark {
    std::string_view bytes;
    std::string_view encoding;
};
constexpr std::array<Mark, 5> kMarks{{
    {{"\xEF\xBB\xBF", 3}, "utf-8"}, {{"\xFF\xFE\0\0", 4}, "utf-32le"}, {{"\0\0\xFE\xFF", 4}, "utf-32be"}, {{"\xFF\xFE", 2}, "utf-16le"}, {{"\xFE\xFF", 2}, "utf-16be"},
}};

/// UTF-16 without a mark: of text in most scripts' markup and spaces, every second byte is zero.
std::string_view utf16_by_zeros(std::string_view bytes) {
    const auto head = bytes.substr(0, std::min<std::size_t>(bytes.size(), 4096) & ~std::size_t{1});
    std::size_t even = 0;
    std::size_t odd = 0;
    for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
        even += head[i] == 0;
        odd += head[i + 1] == 0;
    }
    if (odd * 5 > head.size() / 2 && even * 20 <= odd) return "utf-16le";
    if (even * 5 > head.size() / 2 && odd * 20 <= even) return "utf-16be";
    return {};
}

std::string detect(std::string_view bytes) {
    const std::unique_ptr<uchardet, Close> detector(uchardet_new());
    uchardet_handle_data(detector.get(), bytes.data(), std::min(bytes.size(), kDetectBytes));
    uchardet_data_end(detector.get());
    return uchardet_get_charset(detector.get());
}

bool has_iso2022_escape(std::string_view bytes) { return bytes.contains("\x1B$") || bytes.contains("\x1B(J"); }

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view declared) {
    for (const auto& mark : kMarks) {
        if (!bytes.starts_with(mark.bytes)) continue;
        bytes.remove_prefix(mark.bytes.size());
        return mark.encoding == "utf-8" ? std::string(bytes) : convert(bytes, std::string(mark.encoding));
    }
    if (const auto wide = utf16_by_zeros(bytes); !wide.empty()) return convert(bytes, std::string(wide));
    const bool escapes = has_iso2022_escape(bytes);
    if (!escapes && is_valid_utf8(bytes)) return std::string(bytes);
    for (const auto& encoding : {icu_name(declared), icu_name(escapes ? "iso-2022-jp" : detect(bytes)), std::string("windows-1252")}) {
        if (encoding.empty() || encoding == "utf-8" || encoding.starts_with("utf-16")) continue;
        if (auto text = convert(bytes, encoding); !text.empty()) return text;
    }
    return std::string(bytes);
}

}  // namespace agentic::extract
