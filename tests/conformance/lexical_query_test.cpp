#include "knowledge/lexical_query.hpp"

#include <gtest/gtest.h>

#include "support/postgres.hpp"
#include "support/random_query.hpp"

namespace agentic::knowledge {
namespace {

std::string literal(std::string_view text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

std::string any_of(const std::vector<std::string>& terms) {
    std::string out;
    for (const auto& term : terms) out += (out.empty() ? "" : " | ") + term;
    return out;
}

TEST(LexicalQueryOnPostgres, NoUserTextIsAnError) {
    AGENTIC_NEEDS_POSTGRES();
    test::RawPostgres database(test::postgres_url());
    EXPECT_ANY_THROW(database.run("SELECT to_tsquery('simple', 'price &')"));  // the control: unprepared text can be an error
    std::mt19937_64 random(7);
    for (int batch = 0; batch < 100; ++batch) {
        std::string sql = "SELECT count(to_tsquery('simple', q)) FROM (VALUES ('x')";
        for (int i = 0; i < 100; ++i) sql += ",(" + literal(any_of(tsquery_terms(test::random_query(random)))) + ")";
        EXPECT_EQ(database.run(sql + ") AS t(q)")[0][0], "101");
    }
}

TEST(LexicalQueryOnPostgres, EveryWordOfATextFindsIt) {
    AGENTIC_NEEDS_POSTGRES();
    test::RawPostgres database(test::postgres_url());
    for (const std::string text : {"Quarterly prices rose in Zürich.", "The server's running processes", "检索系统的设计", "हिन्दी में लिखा हुआ", "ระบบค้นหา", "naïve café ﬁle", "Ελλάδα και Αθήνα",
                                   "Привет, Ёжик", "x86_64 e-mail C++20 3.14 10-12 a/b/c"}) {
        for (const auto& word : query_words(text)) {
            const auto found = database.run("SELECT to_tsvector('simple', " + literal(lexical_text(text)) + ") @@ to_tsquery('simple', " + literal(any_of(tsquery_terms(word))) + ")");
            EXPECT_EQ(found[0][0], "t") << text << ": " << word;
        }
    }
    EXPECT_EQ(database.run("SELECT to_tsvector('simple', " + literal(lexical_text("检索系统")) + ") @@ to_tsquery('simple', " + literal(any_of(tsquery_terms("统系"))) + ")")[0][0], "f");
}

}  // namespace
}  // namespace agentic::knowledge
