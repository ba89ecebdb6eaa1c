#include "providers/llm/token_estimate.hpp"

#include <gtest/gtest.h>

namespace agentic::llm {
namespace {

struct Sample {
    const char* name;
    std::int64_t tokens;  // of cl100k_base
    const char* text;
};

const Sample kSamples[] = {
    {"prose", 115, R"~(The library was founded in 1931 by a small group of citizens who believed that knowledge should be free. For many years it occupied two rooms above the bakery, and on winter mornings the readers came as much for the warmth as for the books. When the new building was opened, the mayor gave a speech that nobody remembers, but everybody remembers the smell of fresh paint and the tall windows through which the light fell on the reading tables. Since then the collection has grown to more than forty thousand volumes, and the librarians have learned to find any of them within minutes.)~"},
    {"german", 78, R"~(Die Bibliothek wurde von einer kleinen Gruppe von Bürgern gegründet, die überzeugt waren, dass Wissen frei sein sollte. Viele Jahre lang nutzte sie zwei Räume über der Bäckerei, und an Wintermorgen kamen die Leserinnen und Leser ebenso wegen der Wärme wie wegen der Bücher.)~"},
    {"russian", 138, R"~(Библиотека была основана небольшой группой граждан, которые верили, что знание должно быть свободным. Много лет она занимала две комнаты над пекарней, и зимним утром читатели приходили не только за книгами, но и за теплом. Когда открыли новое здание, мэр произнёс речь, которую никто не помнит.)~"},
    {"chinese", 102, R"~(图书馆由一小群相信知识应该自由的市民创建。多年来,它占用了面包店楼上的两个房间,冬天的早晨,读者们来这里既是为了书,也是为了温暖。新楼开放时,市长发表了一篇没有人记得的演讲。)~"},
    {"japanese", 98, R"~(図書館は、知識は自由であるべきだと信じる少数の市民によって設立されました。長年にわたり、パン屋の上の二つの部屋を使い、冬の朝には本のためだけでなく暖かさを求めて人々が訪れました。)~"},
    {"code", 82, R"~(for (const auto& block : message.blocks) {
    const auto* result = std::get_if<ToolResultBlock>(&block);
    if (result == nullptr || result->output.empty()) continue;
    append_field(next() += R"("role":"tool",)", "tool_call_id", result->tool_use_id);
    total_bytes += result->output.size();  // counted once
}
)~"},
    {"json", 90, R"~({"model":"gpt-4o","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is the weather in Zurich on 2026-11-22?"}],"temperature":0.7,"max_completion_tokens":1024,"stream":true,"tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}]})~"},
};

TEST(TokenEstimate, StaysWithinItsDocumentedError) {
    for (const auto& [name, tokens, text] : kSamples) {
        const auto estimate = estimate_tokens(text);
        EXPECT_GE(estimate * 100, tokens * 85) << name << ": " << estimate << " of " << tokens;
        EXPECT_LE(estimate * 100, tokens * 130) << name << ": " << estimate << " of " << tokens;
    }
}

TEST(TokenEstimate, GrowsWithTheTextAndNeverFails) {
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_EQ(estimate_tokens(" "), 0);
    EXPECT_GE(estimate_tokens("a"), 1);
    EXPECT_GE(estimate_tokens("\xff\xfe\x80"), 0) << "not UTF-8";
    std::string text;
    std::int64_t last = 0;
    for (int i = 0; i < 200; ++i) {
        text += i % 7 == 0 ? "\n" : i % 5 == 0 ? " 12,5 " : "word ";
        const auto now = estimate_tokens(text);
        EXPECT_GE(now, last);
        last = now;
    }
}

TEST(TokenEstimate, CountsEverythingThatIsSent) {
    Request request;
    const auto empty = estimate_tokens(request);
    request.system_prompt = "Be brief.";
    const auto with_system = estimate_tokens(request);
    EXPECT_GT(with_system, empty);
    request.messages.push_back({MessageRole::assistant, {TextBlock{"Hi"}, ToolUseBlock{"1", "clock", {"{}"}}, ThinkingBlock{"Hm", {}}}});
    request.messages.push_back({MessageRole::user, {ToolResultBlock{"1", "noon", false}}});
    const auto with_messages = estimate_tokens(request);
    EXPECT_EQ(with_messages, with_system + estimate_tokens(request.messages[0]) + estimate_tokens(request.messages[1]));
    request.passages.push_back({"p", "title", "text"});
    request.tools.push_back({"clock", "tells the time", {R"({"type":"object"})"}});
    const auto all = estimate_tokens(request);
    EXPECT_GT(all, with_messages + 30);
    request.endpoint.provider = "anthropic";
    EXPECT_EQ(estimate_tokens(request), all * 5 / 4) << "its own tokens are smaller";
}

}  // namespace
}  // namespace agentic::llm
