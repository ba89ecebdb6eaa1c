#include <gtest/gtest.h>

#include <string>

#include "core/encoding.hpp"

namespace agentic {
namespace {

// One character at a time, as the standard says it.
std::string plainly(std::string_view text) {
    std::string out = "\"";
    for (const unsigned char c : text) {
        if (c == '"' || c == '\\') out += {'\\', static_cast<char>(c)};
        else if (c == '\n') out += "\\n";
        else if (c == '\r') out += "\\r";
        else if (c == '\t') out += "\\t";
        else if (c < 0x20) out += std::string("\\u00") + "0123456789abcdef"[c >> 4] + "0123456789abcdef"[c & 15];
        else out += static_cast<char>(c);
    }
    return out + '"';
}

TEST(AppendJsonString, EscapesAnyByteAtAnyPlace) {
    for (int c = 0; c < 256; ++c) {
        for (std::size_t at = 0; at < 20; ++at) {
            std::string text(20, 'x');
            text[at] = static_cast<char>(c);
            std::string out;
            append_json_string(out, text);
            EXPECT_EQ(out, plainly(text)) << c << ' ' << at;
        }
    }
}

}  // namespace
}  // namespace agentic
