#include "http/sse.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace agentic::http {
namespace {

struct Parsed {
    std::string id, event, data;
    bool operator==(const Parsed&) const = default;
};

// The event stream interpretation of the HTML standard: lines end with CR LF, LF or CR; an empty line dispatches.
std::vector<Parsed> parse_as_browser(const std::string& text) {
    std::vector<Parsed> events;
    Parsed now;
    bool has_data = false;
    std::string line;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] != '\n' && text[i] != '\r') {
            line += text[i];
            continue;
        }
        if (i == text.size()) break;   // an unfinished line is dropped
        if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
        if (line.empty()) {
            if (has_data) events.push_back(now);
            now.event.clear();
            now.data.clear();
            has_data = false;
        } else if (line[0] != ':') {
            const auto colon = std::min(line.find(':'), line.size());
            const auto name = line.substr(0, colon);
            auto value = colon < line.size() ? line.substr(colon + 1) : "";
            if (value.starts_with(' ')) value.erase(0, 1);
            if (name == "event") now.event = value;
            if (name == "id" && value.find('\0') == std::string::npos) now.id = value;
            if (name == "data") now.data += (std::exchange(has_data, true) ? "\n" : "") + value;
        }
        line.clear();
    }
    return events;
}

std::string one(std::string_view id, std::string_view event, std::string_view data) {
    std::string out;
    append_sse_event(out, id, event, data);
    return out;
}

TEST(Sse, WritesIdEventAndData) {
    EXPECT_EQ(one("7", "token", "{\"content\":\"a\"}"), "id: 7\nevent: token\ndata: {\"content\":\"a\"}\n\n");
    EXPECT_EQ(one("", "", "x"), "data: x\n\n");
    std::string out;
    append_sse_event(out, std::uint64_t{18446744073709551615U}, "e", "");
    EXPECT_EQ(out, "id: 18446744073709551615\nevent: e\ndata: \n\n");
}

TEST(Sse, SplitsDataAtEveryKindOfLineBreak) {
    EXPECT_EQ(one("", "", "a\nb\r\nc\rd"), "data: a\ndata: b\ndata: c\ndata: d\n\n");
}

TEST(Sse, CannotBeMadeToForgeAnEvent) {
    std::mt19937 random(7);
    const std::string alphabet = std::string("\r\n\0: adeitv", 11) + "\xe2\x80\xa8";
    const auto text = [&] {
        std::string out(random() % 12, 'x');
        for (auto& c : out) c = alphabet[random() % alphabet.size()];
        return out;
    };
    const auto single_line = [](std::string value) {
        std::erase_if(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
        return value;
    };
    for (int i = 0; i < 20'000; ++i) {
        const auto id = text(), event = text(), data = text();
        std::string normalized;
        for (std::size_t k = 0; k < data.size(); ++k) {
            if (data[k] == '\r' && k + 1 < data.size() && data[k + 1] == '\n') continue;
            normalized += data[k] == '\r' ? '\n' : data[k];
        }
        EXPECT_EQ(parse_as_browser(one(id, event, data)), (std::vector<Parsed>{{single_line(id), single_line(event), normalized}}));
    }
}

}  // namespace
}  // namespace agentic::http
