#include "knowledge/unicode.hpp"

#include <algorithm>
#include <iterator>

#include "core/utf8.hpp"

namespace agentic::knowledge {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t n>
bool in(const Range (&ranges)[n], char32_t code) {
    const auto* found = std::ranges::upper_bound(ranges, code, {}, &Range::first);
    return found != std::begin(ranges) && code <= std::prev(found)->last;
}

constexpr Range kWhiteSpace[] = {{0x09, 0x0D}, {0x20, 0x20}, {0x85, 0x85}, {0xA0, 0xA0}, {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
constexpr Range kInvisible[] = {{0xAD, 0xAD}, {0x61C, 0x61C}, {0x180E, 0x180E}, {0x200B, 0x200B}, {0x200E, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064}, {0x2066, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};
constexpr Range kUnspaced[] = {{0x0E01, 0x0E3A}, {0x0E40, 0x0E4E}, {0x0E81, 0x0EDF}, {0x1000, 0x109F}, {0x1780, 0x17DD}, {0x3005, 0x3007}, {0x3041, 0x3096}, {0x309D, 0x309F},
                               {0x30A1, 0x30FA}, {0x30FC, 0x30FF}, {0x3105, 0x312F}, {0x31F0, 0x31FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0xFF66, 0xFF9D},
                               {0x1B000, 0x1B16F}, {0x20000, 0x323AF}};
// Punctuation and symbols above ASCII, as blocks.
constexpr Range kPunctuation[] = {{0x80, 0xA9}, {0xAB, 0xB1}, {0xB4, 0xB4}, {0xB6, 0xB8}, {0xBB, 0xBB}, {0xBF, 0xBF}, {0xD7, 0xD7}, {0xF7, 0xF7}, {0x2C2, 0x2DF}, {0x37E, 0x37E}, {0x387, 0x387},
                                  {0x55A, 0x55F}, {0x589, 0x58A}, {0x5BE, 0x5BE}, {0x5C0, 0x5C0}, {0x5C3, 0x5C3}, {0x5F3, 0x5F4}, {0x60C, 0x60D}, {0x61B, 0x61F}, {0x66A, 0x66D}, {0x6D4, 0x6D4},
                                  {0x964, 0x965}, {0xE4F, 0xE4F}, {0xE5A, 0xE5B}, {0x1361, 0x1368}, {0x2010, 0x206F}, {0x207A, 0x207E}, {0x208A, 0x208E}, {0x20A0, 0x20CF}, {0x2190, 0x245F},
                                  {0x2500, 0x2BFF}, {0x2E00, 0x2E7F}, {0x3001, 0x3004}, {0x3008, 0x3020}, {0x3030, 0x3030}, {0x303D, 0x303D}, {0x309B, 0x309C}, {0x30A0, 0x30A0}, {0x30FB, 0x30FB},
                                  {0xD800, 0xF8FF}, {0xFE10, 0xFE1F}, {0xFE30, 0xFE6F}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF},
                                  {0x1F000, 0x1FAFF}, {0xE0080, 0x10FFFF}};

// The base letters of U+00C0..U+017F, '?' where there is none; two letters for ligatures follow in expanded().
constexpr std::string_view kLatinBase = "AAAAAA?CEEEEIIIIDNOOOOO?OUUUUY??aaaaaa?ceeeeiiiidnooooo?ouuuuy?yAaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiI?"
                                        "??JjKk?LlLlLlLlLlNnNnNn???OoOoOo??RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(kLatinBase.size() == 0x180 - 0xC0);

std::string_view expanded(char32_t code) {
    switch (code) {
        case 0xC6: case 0xE6: return "ae";
        case 0xDE: case 0xFE: return "th";
        case 0xDF: return "ss";
        case 0x131: return "i";
        case 0x132: case 0x133: return "ij";
        case 0x138: return "k";
        case 0x149: case 0x14A: case 0x14B: return "n";
        case 0x152: case 0x153: return "oe";
        case 0x1E9E: return "ss";
        case 0xFB00: return "ff";
        case 0xFB01: return "fi";
        case 0xFB02: return "fl";
        case 0xFB03: return "ffi";
        case 0xFB04: return "ffl";
        default: return {};
    }
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// The base letters of U+1E00..U+1EFF (Latin Extended Additional), as runs.
char latin_additional_base(char32_t code) {
    struct Run {
        char32_t last;
        char letter;
    };
    constexpr Run kRuns[] = {{0x1E01, 'a'}, {0x1E07, 'b'}, {0x1E09, 'c'}, {0x1E13, 'd'}, {0x1E1D, 'e'}, {0x1E1F, 'f'}, {0x1E21, 'g'}, {0x1E2B, 'h'}, {0x1E2F, 'i'}, {0x1E35, 'k'}, {0x1E3D, 'l'},
                             {0x1E43, 'm'}, {0x1E4B, 'n'}, {0x1E53, 'o'}, {0x1E57, 'p'}, {0x1E5F, 'r'}, {0x1E69, 's'}, {0x1E71, 't'}, {0x1E7B, 'u'}, {0x1E7F, 'v'}, {0x1E89, 'w'}, {0x1E8D, 'x'},
                             {0x1E8F, 'y'}, {0x1E95, 'z'}, {0x1E96, 'h'}, {0x1E97, 't'}, {0x1E98, 'w'}, {0x1E99, 'y'}, {0x1E9A, 'a'}, {0x1E9F, 's'}, {0x1EB7, 'a'}, {0x1EC7, 'e'}, {0x1ECB, 'i'},
                             {0x1EE3, 'o'}, {0x1EF1, 'u'}, {0x1EF9, 'y'}, {0x1EFF, 'l'}};
    return std::ranges::lower_bound(kRuns, code, {}, &Run::last)->letter;
}

// Accented Greek to its plain small letter, then capitals of Greek, Cyrillic and Armenian to small ones.
char32_t lower_other(char32_t code) {
    switch (code) {
        case 0x386: case 0x3AC: return 0x3B1;
        case 0x388: case 0x3AD: return 0x3B5;
        case 0x389: case 0x3AE: return 0x3B7;
        case 0x38A: case 0x390: case 0x3AA: case 0x3AF: case 0x3CA: return 0x3B9;
        case 0x38C: case 0x3CC: return 0x3BF;
        case 0x38E: case 0x3AB: case 0x3B0: case 0x3CB: case 0x3CD: return 0x3C5;
        case 0x38F: case 0x3CE: return 0x3C9;
        case 0x3C2: return 0x3C3;  // final sigma
        case 0x401: case 0x451: return 0x435;  // io is commonly written as ie
        default: break;
    }
    if (code >= 0x391 && code <= 0x3A9) return code + 0x20;
    if (code >= 0x400 && code <= 0x40F) return code + 0x50;
    if (code >= 0x410 && code <= 0x42F) return code + 0x20;
    if (code >= 0x460 && code <= 0x481) return code | 1;
    if (code >= 0x48A && code <= 0x4BF) return code | 1;
    if (code >= 0x4D0 && code <= 0x52F) return code | 1;
    if (code >= 0x531 && code <= 0x556) return code + 0x30;
    return code;
}

}  // namespace

bool is_white_space(char32_t code) { return code < 0x80 ? code == ' ' || (code >= 0x09 && code <= 0x0D) : in(kWhiteSpace, code); }

bool is_invisible(char32_t code) { return code >= 0x80 && in(kInvisible, code); }

bool is_unspaced_letter(char32_t code) { return code >= 0x0E01 && in(kUnspaced, code); }

bool is_word_character(char32_t code) {
    if (code < 0x80) return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
    return !in(kPunctuation, code) && !is_white_space(code) && !is_invisible(code);
}

void append_folded(std::string& out, char32_t code) {
    if (code < 0x80) {
        out += ascii_lower(static_cast<char>(code));
        return;
    }
    if (code >= 0x300 && code <= 0x36F) return;
    if (const auto letters = expanded(code); !letters.empty()) {
        out += letters;
    } else if (code >= 0xC0 && code < 0x180 && kLatinBase[code - 0xC0] != '?') {
        out += ascii_lower(kLatinBase[code - 0xC0]);
    } else if (code >= 0x1E00 && code <= 0x1EFF) {
        out += latin_additional_base(code);
    } else if (code >= 0xFF10 && code <= 0xFF5A) {  // full-width digits and letters
        out += ascii_lower(static_cast<char>(code - 0xFEE0));
    } else {
        append_code_point(out, lower_other(code));
    }
}

}  // namespace agentic::knowledge
