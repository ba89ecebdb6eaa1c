#include "providers/llm/extractive.hpp"

#include <gtest/gtest.h>

#include <ctime>

#include "protocol_fixture.hpp"
#include "providers/llm/openai.hpp"
#include "providers/llm/sentences.hpp"
#include "support/scripted_run.hpp"

namespace agentic::llm {
namespace {

using namespace test;

Request asking(std::vector<Message> messages, std::vector<Passage> passages = {}) {
    Request request;
    request.endpoint.provider = "extractive";
    request.model = "extractive";
    request.messages = std::move(messages);
    request.passages = std::move(passages);
    return request;
}

const std::vector<Passage> kLibrary = {
    {"hours", "Opening hours", "The library opens at nine on weekdays. On Saturdays it is open from ten to four. It is closed on Sundays. In winter it closes an hour earlier."},
    {"fees", "Fees", "Borrowing is free for residents. Late books cost 20 cents a day. Lost books are charged at their price, e.g. 30 francs."},
    {"history", "History", "The building was designed by Dr. Anna Keller in 1931. It has three floors."}};

std::string answer_to(std::vector<Message> messages, std::vector<Passage> passages = {}) { return extract_answer(asking(std::move(messages), std::move(passages))).text(); }

TEST(Extractive, QuotesTheSentenceThatAnswersAndCitesItsPassage) {
    const auto answer = extract_answer(asking({user("Who designed the building?")}, kLibrary));
    EXPECT_EQ(answer.text(), "The building was designed by Dr. Anna Keller in 1931. [1]");
    EXPECT_EQ(answer.citations, (std::vector<Citation>{{"history", "History", "The building was designed by Dr. Anna Keller in 1931."}}));
    EXPECT_EQ(answer.stop_reason, StopReason::end_turn);
    EXPECT_EQ(answer.model, "extractive");
    EXPECT_GT(answer.usage.input_tokens, 0);
    EXPECT_TRUE(answer_to({user("When does the library open on Saturdays?")}, kLibrary).contains("On Saturdays it is open from ten to four. [1]"));
    EXPECT_TRUE(answer_to({user("What do late books cost?")}, kLibrary).starts_with("Late books cost 20 cents a day. [1]"));
}

TEST(Extractive, IsDeterministicAndPicksAtMostThreeSentences) {
    std::vector<Passage> many;
    for (int i = 0; i < 50; ++i) many.push_back({"p" + std::to_string(i), "", "The bridge number " + std::to_string(i) + " crosses the river."});
    const auto first = extract_answer(asking({user("Which bridge crosses the river?")}, many));
    EXPECT_EQ(first.citations.size(), 3U);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(extract_answer(asking({user("Which bridge crosses the river?")}, many)).text(), first.text());
}

TEST(Extractive, SaysSoWhenThereIsNoAnswer) {
    EXPECT_TRUE(answer_to({user("Who won the football match?")}, kLibrary).contains("do not answer"));
    const auto none = extract_answer(asking({user("Who designed the building?")}));
    EXPECT_TRUE(none.text().contains("only from passages"));
    EXPECT_TRUE(none.citations.empty());
    EXPECT_FALSE(answer_to({}).empty());
    EXPECT_FALSE(answer_to({user("")}).empty());
    EXPECT_FALSE(answer_to({user("?!")}, {{"e", "", ""}}).empty());
}

TEST(Extractive, RemembersWhatTheUserStated) {
    const std::vector<Message> history = {user("My name is Ada and I live in Geneva."), assistant("Noted: “My name is Ada and I live in Geneva.” Ask me about it later.")};
    EXPECT_TRUE(answer_to({history[0]}).starts_with("Noted: “My name is Ada"));
    auto asked = history;
    asked.push_back(user("What is my name?"));
    const auto answer = extract_answer(asking(asked));
    EXPECT_EQ(answer.text(), "You said earlier: “My name is Ada and I live in Geneva.” [1]");
    EXPECT_EQ(answer.citations.at(0).passage_id, "turn-1");
}

TEST(Extractive, AnswersQuestionsAboutTheConversation) {
    const std::vector<Message> history = {user("Who designed the building?"), assistant("Anna Keller. [1]"), user("How many floors has it?"), assistant("Three.")};
    const auto with = [&](std::string question) {
        auto all = history;
        all.push_back(user(std::move(question)));
        return extract_answer(asking(all, kLibrary));
    };
    EXPECT_EQ(with("What did I ask before?").text(), "You asked: “How many floors has it?”");
    EXPECT_EQ(with("What was my first question?").text(), "You asked: “Who designed the building?”");
    EXPECT_EQ(with("What did you answer just before?").text(), "I answered: “Three.”");
    EXPECT_EQ(with("What was my previous question?").citations.at(0).passage_id, "turn-3");
    EXPECT_EQ(answer_to({user("What did I ask before?")}), "This is the beginning of our conversation.");
}

TEST(Extractive, UnderstandsAFollowUpFromTheHistory) {
    const auto answer = answer_to({user("When does the library close?"), assistant("In winter it closes an hour earlier. [1]"), user("And on Sundays?")}, kLibrary);
    EXPECT_TRUE(answer.contains("It is closed on Sundays. [1]")) << answer;
    const auto later = answer_to({user("Who designed the building?"), assistant("The building was designed by Dr. Anna Keller in 1931. [1]"), user("In which year was it designed?")});
    EXPECT_TRUE(later.contains("I answered earlier: “The building was designed by Dr. Anna Keller in 1931.”")) << later;
}

TEST(Extractive, StreamsWordByWord) {
    asio::io_context context;
    ExtractiveClient client;
    std::vector<std::string> words;
    const auto answer = agentic::test::run(context, client.stream(asking({user("Who designed the building?")}, kLibrary), [&](const Delta& delta) {
                                               words.emplace_back(std::get<TextDelta>(delta).text);
                                           }));
    ASSERT_TRUE(answer);
    EXPECT_EQ(words.size(), 11U);
    std::string joined;
    for (const auto& word : words) joined += word;
    EXPECT_EQ(joined, answer->text());
}

TEST(Sentences, WordsMeetAcrossTheirForms) {
    EXPECT_EQ(content_words("The prices opened, OPENING cities' bus"), (std::vector<std::string>{"pric", "open", "open", "city", "bus"}));
    EXPECT_EQ(content_words("the a of"), std::vector<std::string>{});
}

/// `count` different words of letters.
std::string different_words(int count, std::string_view between) {
    std::string out;
    for (int i = 0; i < count; ++i) {
        out += 'z';
        for (int rest = i; rest > 0; rest /= 20) out += "bcdfghjklmnpqrtvwxyz"[rest % 20];
        out += between;
    }
    return out;
}

// Each word of the question once met each sentence: these would have taken minutes.
TEST(Sentences, ALongQuestionToManySentencesIsQuick) {
    const auto begin = std::clock();  // of this process: the machine may be busy
    const auto question = different_words(100'000, " ");
    const auto sentences = different_words(100'000, ". ");
    EXPECT_FALSE(answer_to({user(question + "?")}, {{"p", "", sentences}}).empty());
    const std::vector<Passage> passages(1, {"p", "", sentences + sentences});
    EXPECT_EQ(find_references(question + " [1]", passages).size(), 1U);
    EXPECT_LT((std::clock() - begin) / CLOCKS_PER_SEC, 10);  // generous: sanitizers
}

TEST(Sentences, SearchTheBeginningOfAnEndlessText) {
    const std::string text = "It is open. It is closed on Sundays. Grüezi";
    EXPECT_EQ(best_sentence(text, "Is it closed on Sundays?", text.size()), "It is closed on Sundays.");
    EXPECT_EQ(best_sentence(text, "Grüezi", text.size() - 1), "It is open.") << "the last one is cut";
    EXPECT_EQ(best_sentence("Grüezi", "", 3), "Gr") << "no half characters";
    EXPECT_EQ(best_sentence("", "", 3), "");
}

}  // namespace
}  // namespace agentic::llm
