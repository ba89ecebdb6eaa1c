#include "extract/utf8.hpp"

#include "core/utf8.hpp"

namespace agentic::extract {

void append_utf8(std::string& out, char32_t c) { append_code_point(out, c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? kReplacement : c); }

char32_t next_utf8(std::string_view text, std::size_t& at) { return next_code_point(text, at); }

bool is_unspaced_script(char32_t c) {
    return (c >= 0x2E80 && c <= 0x312F) || (c >= 0x31A0 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) ||
           (c >= 0xFF00 && c <= 0xFFEF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool is_right_to_left(char32_t c) { return (c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFF) || (c >= 0x10800 && c <= 0x10FFF); }

}  // namespace agentic::extract
