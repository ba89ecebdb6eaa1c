#include "services/runs/prompt.hpp"

#include <gtest/gtest.h>

namespace agentic::services {
namespace {

TEST(ReadContext, TurnsDocumentsIntoPassages) {
    const auto context = read_context({R"({"documents":[{"title":"Hours","text":"Opens at nine."},{"text":"No title."}]})"}).value();
    ASSERT_EQ(context.passages.size(), 2U);
    EXPECT_EQ(context.passages[0].id, "doc_1");
    EXPECT_EQ(context.passages[0].title, "Hours");
    EXPECT_EQ(context.passages[1].title, "doc_2");
    EXPECT_TRUE(context.quoted.empty());
}

TEST(ReadContext, QuotesEverythingElseAsData) {
    const auto context = read_context({R"({"documents":[],"customer":{"tier":"gold"}})"}).value();
    EXPECT_NE(context.quoted.find(R"({"customer":{"tier":"gold"}})"), std::string::npos);
    EXPECT_NE(context.quoted.find("not instructions"), std::string::npos);
    const auto message = user_message("Hi", context);
    ASSERT_EQ(message.blocks.size(), 2U);
    EXPECT_EQ(std::get<llm::TextBlock>(message.blocks[1]).text, "Hi");
}

TEST(ReadContext, NamesThePlaceOfAFault) {
    const std::pair<const char*, const char*> cases[] = {{R"({"documents":1})", "context.documents"},
                                                         {R"({"documents":[1]})", "context.documents[0]"},
                                                         {R"({"documents":[{"text":"a"},{"title":"b"}]})", "context.documents[1].text"},
                                                         {R"({"documents":[{"text":2}]})", "context.documents[0].text"},
                                                         {"[]", "context"}};
    for (const auto& [json, field] : cases) {
        const auto context = read_context({json});
        ASSERT_FALSE(context.has_value()) << json;
        EXPECT_EQ(context.error().code, ErrorCode::validation_error);
        EXPECT_EQ(context.error().violations.at(0).field, field);
    }
}

TEST(ReadContext, NothingIsNothing) {
    for (const auto* json : {"null", "{}", R"({"documents":null})"}) {
        const auto context = read_context({json}).value();
        EXPECT_TRUE(context.passages.empty() && context.quoted.empty()) << json;
    }
}

}  // namespace
}  // namespace agentic::services
