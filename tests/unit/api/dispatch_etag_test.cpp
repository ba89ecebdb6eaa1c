#include <gtest/gtest.h>

#include <set>
#include <string>

#include "api/etag.hpp"

namespace agentic::api {
namespace {

TEST(Etag, IsTheSameEverywhere) {
    EXPECT_EQ(etag_of(R"({"name":"cup","size":7})"), etag_of(std::string(R"({"name":"cup","size":7})")));
    EXPECT_EQ(etag_of(""), etag_of(""));
}

TEST(Etag, TellsSmallChangesApart) {
    std::set<std::string> seen;
    for (std::size_t size = 0; size < 64; ++size) {
        EXPECT_TRUE(seen.insert(etag_of(std::string(size, 'a'))).second) << size;
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'a');
            text[at] = 'b';
            EXPECT_TRUE(seen.insert(etag_of(text)).second) << size << ' ' << at;
        }
    }
    EXPECT_NE(etag_of(std::string(16, '\0')), etag_of(std::string(32, '\0')));
}

TEST(Etag, ReadsListsOfTags) {
    EXPECT_TRUE(none_match_lists("\"a\"", "\"a\""));
    EXPECT_TRUE(none_match_lists("\"b\", \"a\"", "\"a\""));
    EXPECT_TRUE(none_match_lists("W/\"a\"", "\"a\""));
    EXPECT_TRUE(none_match_lists(" * ", "\"a\""));
    EXPECT_FALSE(match_lists("W/\"a\"", "\"a\""));
    EXPECT_TRUE(match_lists("\"x,y\" ,\"a\"", "\"a\""));
    for (const auto* field : {"", ",", "a", "\"a", "\"aa\"", "W/", "\"b\" \"c"}) EXPECT_FALSE(none_match_lists(field, "\"a\"")) << field;
}

}  // namespace
}  // namespace agentic::api
