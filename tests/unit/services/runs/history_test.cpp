#include "services/runs/history.hpp"

#include <gtest/gtest.h>

#include "services/runs/blocks.hpp"

namespace agentic::services {
namespace {

using llm::Message, llm::MessageRole, llm::TextBlock, llm::ToolResultBlock, llm::ToolUseBlock;

Message user(std::string text) { return {MessageRole::user, {TextBlock{std::move(text)}}}; }
Message assistant(std::string text) { return {MessageRole::assistant, {TextBlock{std::move(text)}}}; }
Message call(std::string id) { return {MessageRole::assistant, {ToolUseBlock{std::move(id), "tool", {"{}"}}}}; }
Message result(std::string id) { return {MessageRole::user, {ToolResultBlock{std::move(id), "out"}}}; }

/// "u:Hi a:use(1)+text" and so on.
std::string shape(const std::vector<Message>& messages) {
    std::string out;
    for (const auto& message : messages) {
        out += message.role == MessageRole::user ? "u[" : "a[";
        for (const auto& block : message.blocks) {
            if (const auto* text = std::get_if<TextBlock>(&block)) out += text->text + ";";
            if (const auto* use = std::get_if<ToolUseBlock>(&block)) out += "use " + use->id + ";";
            if (const auto* done = std::get_if<ToolResultBlock>(&block)) out += "result " + done->tool_use_id + ";";
        }
        out += "]";
    }
    return out;
}

TEST(RepairHistory, KeepsASoundPast) {
    EXPECT_EQ(shape(repair_history({user("1"), call("x"), result("x"), assistant("2"), user("3")})), "u[1;]a[use x;]u[result x;]a[2;]u[3;]");
}

TEST(RepairHistory, DropsDanglingHalvesOfToolPairs) {
    EXPECT_EQ(shape(repair_history({user("1"), call("x"), user("2")})), "u[1;2;]");
    EXPECT_EQ(shape(repair_history({user("1"), result("x"), user("2")})), "u[1;2;]");
    EXPECT_EQ(shape(repair_history({user("1"), call("x"), result("y"), assistant("2"), user("3")})), "u[1;]a[2;]u[3;]");
    EXPECT_EQ(shape(repair_history({user("1"), call("x"), result("x"), result("x"), user("3")})), "u[1;]a[use x;]u[result x;3;]");
}

TEST(RepairHistory, JoinsTheMessagesOfFailedTurns) {
    EXPECT_EQ(shape(repair_history({user("1"), user("2"), assistant("3"), user("4")})), "u[1;2;]a[3;]u[4;]");
}

TEST(RepairHistory, BeginsWithTheUserAndHasNoEmptyMessages) {
    EXPECT_EQ(shape(repair_history({assistant("0"), user(""), assistant("1"), user("2"), assistant(""), user("3")})), "u[2;3;]");
    EXPECT_TRUE(repair_history({}).empty());
}

TEST(FitHistory, DropsTheOldestTurnsWhole) {
    const std::string long_text(400, 'x');  // 100 tokens
    const std::vector<Message> past{user("1"), assistant(long_text), user("2"), call("x"), result("x"), assistant("4"), user("5")};
    EXPECT_EQ(shape(fit_history(past, 1'000, "openai")), shape(past));
    EXPECT_EQ(shape(fit_history(past, 60, "openai")), "u[2;]a[use x;]u[result x;]a[4;]u[5;]");
    EXPECT_EQ(shape(fit_history(past, 10, "openai")), "u[5;]");
}

TEST(FitHistory, NeverDropsTheNewestMessage) { EXPECT_EQ(shape(fit_history({user("1"), assistant("2"), user("3")}, 0, "openai")), "u[3;]"); }

TEST(FitHistory, NeverStartsInTheMiddleOfATurn) {
    const std::vector<Message> past{user("1"), call("x"), result("x"), assistant("2"), user("3")};
    for (std::int64_t budget = 0; budget < 100; ++budget) {
        const auto kept = fit_history(past, budget, "openai");
        EXPECT_TRUE(kept.size() == 1 || kept.size() == 5) << budget << ": " << shape(kept);
    }
}

TEST(Blocks, SurviveTheirWayThroughTheDatabase) {
    const std::vector<llm::Block> blocks{llm::ThinkingBlock{"hm", {R"({"type":"thinking","thinking":"hm","signature":"c2ln"})"}}, TextBlock{"a \"b\" \n"},
                                         ToolUseBlock{"t1", "search", {R"({"q":"x","n":1})"}}, ToolResultBlock{"t1", "out", true}};
    const auto text = blocks_to_json(blocks).text;
    EXPECT_EQ(blocks_to_json(blocks_from_json(text, "")).text, text);
}

TEST(Blocks, PlainTextIsKeptOnce) {
    EXPECT_EQ(content_blocks_json({TextBlock{"Hello"}}).text, "[]");
    const auto blocks = blocks_from_json("[]", "Hello");
    ASSERT_EQ(blocks.size(), 1U);
    EXPECT_EQ(std::get<TextBlock>(blocks[0]).text, "Hello");
    EXPECT_EQ(std::get<TextBlock>(blocks_from_json("not json", "Hello").at(0)).text, "Hello");
}

}  // namespace
}  // namespace agentic::services
