#include "knowledge/lexical_query.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <random>

#include "support/random_query.hpp"

namespace agentic::knowledge {
namespace {

using Texts = std::vector<std::string>;

TEST(LexicalQuery, TextIsFoldedStemmedAndParted) {
    EXPECT_EQ(lexical_text("The Prices, of Müller's Häuser (naïve) don't open_file-2.0!"), "the pric of muller hauser naiv dont open file 2 0");
    EXPECT_EQ(lexical_text("检索 system。ＡＢＣ１ ﬁne"), "检 索 system abc1 fine");
    EXPECT_EQ(lexical_text("Ёлка ΆΘΉΝΑΣ e\u0301te\u0301"), "елка αθηνασ ete");
    EXPECT_EQ(lexical_text(" \n?!"), "");
}

TEST(LexicalQuery, WordsAreDistinctAndWithoutStopWords) {
    EXPECT_EQ(query_words("What is the price of prices in Zürich?"), (Texts{"pric", "zurich"}));
    EXPECT_EQ(query_words("to be or not to be"), (Texts{"to", "be", "or", "not"}));
    EXPECT_EQ(query_words("检索系统 and 茶"), (Texts{"检 索", "索 系", "系 统", "茶"}));
    std::string many;
    for (int i = 0; i < 1'000; ++i) many += "w" + std::to_string(i) + " ";
    EXPECT_EQ(query_words(many).size(), 64U);
}

TEST(LexicalQuery, ExpressionsQuoteEveryWord) {
    EXPECT_EQ(fts5_terms("NEAR(price, 3) OR \"x\" -- '; DROP"), (Texts{R"("near")", R"("pric")", R"("3")", R"("x")", R"("drop")"}));
    EXPECT_EQ(fts5_terms("检索"), Texts{"\"检 索\""});
    EXPECT_EQ(tsquery_terms("foo & 'bar' | !检索:*"), (Texts{"'foo'", "'bar'", "('检' <-> '索')"}));
    EXPECT_EQ(fts5_terms("?!"), Texts{});
    EXPECT_EQ(tsquery_terms(""), Texts{});
}

std::string any_of(const Texts& terms) {
    std::string out;
    for (const auto& term : terms) out += (out.empty() ? "" : " OR ") + term;
    return out;
}

// A full-text table as the platform keeps it, in memory.
class FullText {
public:
    FullText() {
        sqlite3_open(":memory:", &database_);
        sqlite3_exec(database_, "CREATE VIRTUAL TABLE t USING fts5(content, tokenize='unicode61 remove_diacritics 0')", nullptr, nullptr, nullptr);
        sqlite3_prepare_v2(database_, "INSERT INTO t(content) VALUES (?1)", -1, &insert_, nullptr);
        sqlite3_prepare_v2(database_, "SELECT rowid FROM t WHERE t MATCH ?1 ORDER BY bm25(t) LIMIT 50", -1, &select_, nullptr);
    }
    ~FullText() {
        sqlite3_finalize(insert_);
        sqlite3_finalize(select_);
        sqlite3_close(database_);
    }

    void add(std::string_view text) {
        const auto indexed = lexical_text(text);
        sqlite3_bind_text(insert_, 1, indexed.c_str(), static_cast<int>(indexed.size()), SQLITE_TRANSIENT);
        ASSERT_EQ(sqlite3_step(insert_), SQLITE_DONE);
        sqlite3_reset(insert_);
    }

    // The rows of an expression, and whether SQLite accepted it.
    std::vector<std::int64_t> find(const std::string& match, bool& accepted) {
        sqlite3_bind_text(select_, 1, match.c_str(), static_cast<int>(match.size()), SQLITE_TRANSIENT);
        std::vector<std::int64_t> out;
        int status = SQLITE_ROW;
        while ((status = sqlite3_step(select_)) == SQLITE_ROW) out.push_back(sqlite3_column_int64(select_, 0));
        accepted = status == SQLITE_DONE;
        sqlite3_reset(select_);
        return out;
    }

private:
    sqlite3* database_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
    sqlite3_stmt* select_ = nullptr;
};

TEST(LexicalQuery, NoUserTextIsAnErrorInSqlite) {
    FullText table;
    table.add("price list of Zürich, 检索系统");
    std::mt19937_64 random(7);
    int refused_raw = 0;
    for (int i = 0; i < 20'000; ++i) {
        const auto query = test::random_query(random);
        const auto match = any_of(fts5_terms(query));
        bool accepted = true;
        if (!match.empty()) table.find(match, accepted);
        ASSERT_TRUE(accepted) << "query: " << query << "\nmatch: " << match;
        table.find(query.substr(0, query.find('\0')), accepted);
        refused_raw += !accepted;
    }
    EXPECT_GT(refused_raw, 5'000);  // the control: the same text unprepared is refused
}

TEST(LexicalQuery, EveryWordOfATextFindsIt) {
    const std::string kTexts[] = {"Quarterly prices rose in Zürich.", "The server's running processes", "检索系统的设计", "हिन्दी में लिखा हुआ", "ระบบค้นหา", "naïve café ﬁle", "Ελλάδα και Αθήνα",
                                  "Привет, Ёжик", "x86_64 e-mail C++20"};
    FullText table;
    for (const auto& text : kTexts) table.add(text);
    for (std::size_t i = 0; i < std::size(kTexts); ++i) {
        for (const auto& word : query_words(kTexts[i])) {
            bool accepted = false;
            const auto found = table.find(any_of(fts5_terms(word)), accepted);
            EXPECT_TRUE(accepted && std::ranges::contains(found, static_cast<std::int64_t>(i + 1))) << kTexts[i] << ": " << word;
        }
    }
    bool accepted = false;
    EXPECT_EQ(table.find(any_of(fts5_terms("PRICE zurich")), accepted), (std::vector<std::int64_t>{1}));
    EXPECT_EQ(table.find(any_of(fts5_terms("系统")), accepted), (std::vector<std::int64_t>{3}));
    EXPECT_EQ(table.find(any_of(fts5_terms("统系")), accepted), (std::vector<std::int64_t>{}));
}

}  // namespace
}  // namespace agentic::knowledge
