#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::db {

/// One token of a statement. Words are lower case with their quotes removed; a parameter's text is its number.
struct SqlToken {
    enum class Kind { word, quoted_word, parameter, string, number, symbol };
    Kind kind = Kind::symbol;
    std::string text;

    bool is(std::string_view wanted) const { return text == wanted && (kind == Kind::word || kind == Kind::symbol); }
    bool is_name() const { return kind == Kind::word || kind == Kind::quoted_word; }
};
using SqlTokens = std::span<const SqlToken>;

/// Splits a statement of our portable subset; comments are dropped. Throws std::logic_error on anything outside it (`::`, `[x]`, `?`, `:name`).
std::vector<SqlToken> sql_tokens(std::string_view sql);

/// Index just behind the token that closes the parenthesis or CASE at `at`; `at` + 1 for any other token.
std::size_t sql_skip(SqlTokens tokens, std::size_t at);

/// Index of the first `word` at or behind `from` that is not nested; tokens.size() when there is none.
std::size_t sql_find(SqlTokens tokens, std::string_view word, std::size_t from = 0);

/// The parts between unnested occurrences of `separator`.
std::vector<SqlTokens> sql_split(SqlTokens tokens, std::string_view separator);

}  // namespace agentic::db
