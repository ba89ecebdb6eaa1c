#include "providers/llm/sse_parser.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace agentic::llm {
namespace {

using Events = std::vector<std::pair<std::string, std::string>>;

Events parse(std::string_view text, std::size_t piece, bool finish = false) {
    Events out;
    SseParser parser([&](std::string_view event, std::string_view data) { out.emplace_back(event, data); });
    for (std::size_t at = 0; at < text.size(); at += piece) EXPECT_TRUE(parser.feed(text.substr(at, piece)));
    if (finish) parser.finish();
    return out;
}

TEST(SseParser, GivesTheSameEventsHoweverTheBytesAreCut) {
    const std::string text =
        "\xef\xbb\xbf: comment\n\nevent: a\ndata: one\n\ndata:two\r\ndata: lines\r\n\r\nid: 7\nretry: 5\nunknown: x\ndata\ndata:  \xf0\x9f\x98\x80\r\revent: empty\n\ndata: {\"x\": 1}\n\n";
    const Events expected{{"a", "one"}, {"", "two\nlines"}, {"", "\n \xf0\x9f\x98\x80"}, {"", "{\"x\": 1}"}};
    for (std::size_t piece = 1; piece <= text.size(); ++piece) EXPECT_EQ(parse(text, piece), expected) << piece;
}

TEST(SseParser, AnEventWithoutItsBlankLineCountsOnlyAtTheEnd) {
    EXPECT_EQ(parse("data: x\n", 3), Events{});
    EXPECT_EQ(parse("data: x\n", 3, true), (Events{{"", "x"}}));
    EXPECT_EQ(parse("data: x", 3, true), Events{}) << "half a line may be half a document";
}

TEST(SseParser, EventNamesDoNotOutliveTheirEvent) { EXPECT_EQ(parse("event: a\n\ndata: x\n\n", 100), (Events{{"", "x"}})); }

TEST(SseParser, RefusesEventsAboveItsLimit) {
    int events = 0;
    const auto make = [&] { return SseParser([&](std::string_view, std::string_view) { ++events; }, 100); };
    auto one_line = make();
    bool accepted = true;
    for (int i = 0; i < 30; ++i) accepted = one_line.feed("xxxxxxxxxx");
    EXPECT_FALSE(accepted);
    EXPECT_FALSE(one_line.feed("\n\ndata: x\n\n"));
    auto many_lines = make();
    for (int i = 0; i < 30; ++i) accepted = many_lines.feed("data: xxxxx\n");
    EXPECT_FALSE(accepted);
    auto whole = make();
    EXPECT_FALSE(whole.feed("data: " + std::string(200, 'x') + "\n\n"));
    EXPECT_EQ(events, 0);
}

}  // namespace
}  // namespace agentic::llm
