#include "core/sentences.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace agentic {
namespace {

using Views = std::vector<std::string_view>;

TEST(Sentences, SplitsWhereSentencesEnd) {
    EXPECT_EQ(split_sentences("One. Two!  Three? \"Four.\" Five"), (Views{"One.", "Two!", "Three?", "\"Four.\"", "Five"}));
    EXPECT_EQ(split_sentences("Dr. A. Keller paid 3.50 e.g. in www.example.org today. Then left."), (Views{"Dr. A. Keller paid 3.50 e.g. in www.example.org today.", "Then left."}));
    EXPECT_EQ(split_sentences("# Heading\nA line that is wrapped because it is rather long, more than sixty bytes\nand goes on.\n\n- item\n- item two"),
              (Views{"# Heading", "A line that is wrapped because it is rather long, more than sixty bytes\nand goes on.", "- item", "- item two"}));
    EXPECT_EQ(split_sentences("今日は。明日！"), (Views{"今日は。", "明日！"}));
    EXPECT_EQ(split_sentences("1. First step\n2. Second step."), (Views{"1. First step", "2. Second step."}));
    EXPECT_EQ(split_sentences(" \n\n \t"), Views{});
}

TEST(Sentences, KnowsAbbreviationsInitialsAndNumbers) {
    EXPECT_EQ(split_sentences("See Fig. 3 and pp. 4 ff. of No. 7. It costs approx. 5.50 now."), (Views{"See Fig. 3 and pp. 4 ff.", "of No. 7.", "It costs approx. 5.50 now."}));
    EXPECT_EQ(split_sentences("He said no. She came at 5 p.m. and left. They met at 6 p.m. Then rain."),
              (Views{"He said no.", "She came at 5 p.m. and left.", "They met at 6 p.m.", "Then rain."}));
    EXPECT_EQ(split_sentences("The U.S. Army and J. R. R. Tolkien. It was I. Yes."), (Views{"The U.S. Army and J. R. R. Tolkien.", "It was I.", "Yes."}));
    EXPECT_EQ(split_sentences("Version 2.0.1 is out. Use file.txt, etc. The end."), (Views{"Version 2.0.1 is out.", "Use file.txt, etc.", "The end."}));
}

TEST(Sentences, KnowsQuotesAndScripts) {
    EXPECT_EQ(split_sentences("\"Really?\" he said. \u201cYes.\u201d And so \u2026 it went. Well\u2026 Then"),
              (Views{"\"Really?\" he said.", "\u201cYes.\u201d", "And so \u2026 it went.", "Well\u2026", "Then"}));
    EXPECT_EQ(split_sentences("他说：「好。」然后走了。为什么？因为！"), (Views{"他说：「好。」", "然后走了。", "为什么？", "因为！"}));
    EXPECT_EQ(split_sentences("هل هذا جيد؟ نعم. यह है। वह है।"), (Views{"هل هذا جيد؟", "نعم.", "यह है।", "वह है।"}));
}

TEST(Sentences, GoOnAfterAnEllipsisBeforeLowerCase) {
    EXPECT_EQ(split_sentences("And so ... it went. Well... Then. Really?... yes"), (Views{"And so ... it went.", "Well...", "Then.", "Really?...", "yes"}));
    EXPECT_EQ(split_sentences("Wait!\u3002then"), (Views{"Wait!\u3002", "then"})) << "a mark that needs no space, inside a run that ends nothing";
}

TEST(Sentences, RunsOfMarksAreQuick) {
    const auto run_of = [](std::string_view mark) {
        std::string out;
        for (int i = 0; i < 200'000; ++i) out += mark;
        return out + "x";
    };
    const auto start = std::clock();  // of this process: the machine may be busy
    for (const std::string_view mark : {"!", "?\"", ".", "!\u300d", "\u2026", "\u2026!", "!\u3002"}) EXPECT_LE(split_sentences(run_of(mark)).size(), 2U) << mark;
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 5);
}

TEST(Sentences, EndsStandBehindTheirClosers) {
    EXPECT_EQ(sentence_ends("One two. \"Three four.\" e"), (std::vector<std::size_t>{8}));
    EXPECT_EQ(sentence_ends("One two. \"Three four.\" E"), (std::vector<std::size_t>{8, 22}));
    EXPECT_EQ(sentence_ends("no end"), std::vector<std::size_t>{});
}

}  // namespace
}  // namespace agentic
