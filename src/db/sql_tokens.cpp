#include "db/sql_tokens.hpp"

#include <cctype>
#include <stdexcept>

namespace agentic::db {
namespace {

using Kind = SqlToken::Kind;

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Lexer {
public:
    explicit Lexer(std::string_view sql) : sql_(sql) {}

    std::vector<SqlToken> run() {
        std::vector<SqlToken> tokens;
        while (skip_blank(), at_ < sql_.size()) tokens.push_back(next());
        return tokens;
    }

private:
    char peek(std::size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

    void skip_blank() {
        while (at_ < sql_.size()) {
            if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
                ++at_;
            } else if (peek() == '-' && peek(1) == '-') {
                at_ = std::min(sql_.find('\n', at_), sql_.size());
            } else if (peek() == '/' && peek(1) == '*') {
                const auto end = sql_.find("*/", at_ + 2);
                if (end == std::string_view::npos) throw std::logic_error("unterminated comment in SQL");
                at_ = end + 2;
            } else {
                return;
            }
        }
    }

    SqlToken next() {
        const char c = peek();
        if (c == '\'') return {Kind::string, quoted('\'')};
        if (c == '"') return {Kind::quoted_word, lower(quoted('"'))};
        if (c == '$') return parameter();
        if (is_digit(c)) return {Kind::number, take_while([](char x) { return is_word_char(x) || x == '.'; })};
        if (is_word_char(c)) return {Kind::word, lower(take_while(is_word_char))};
        return symbol();
    }

    SqlToken parameter() {
        ++at_;
        auto digits = take_while(is_digit);
        if (digits.empty() || is_word_char(peek()) || peek() == ':') throw std::logic_error("a parameter in SQL must be $ and a number");
        return {Kind::parameter, std::move(digits)};
    }

    SqlToken symbol() {
        for (const std::string_view two : {"<=", ">=", "<>", "!=", "||", "->", "==", "@>", "<@"}) {
            if (!sql_.substr(at_).starts_with(two)) continue;
            std::string text(two);
            at_ += 2;
            if (two == "->" && peek() == '>') ++at_, text += '>';
            if (two == "<=" && peek() == '>') ++at_, text += '>';  // pgvector's <=>
            return {Kind::symbol, std::move(text)};
        }
        if (std::string_view("(),.;+-*/%<>=~|&!@#").find(peek()) == std::string_view::npos) {
            throw std::logic_error("character outside the portable subset in SQL: " + std::string(1, peek()));
        }
        return {Kind::symbol, std::string(1, sql_[at_++])};
    }

    std::string quoted(char mark) {
        std::string text;
        for (++at_; at_ < sql_.size(); ++at_) {
            if (sql_[at_] == mark) {
                if (peek(1) != mark) return ++at_, text;
                ++at_;
            }
            text += sql_[at_];
        }
        throw std::logic_error("unterminated quote in SQL");
    }

    template <class Test>
    std::string take_while(Test test) {
        const auto begin = at_;
        while (at_ < sql_.size() && test(sql_[at_])) ++at_;
        return std::string(sql_.substr(begin, at_ - begin));
    }

    static std::string lower(std::string text) {
        for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return text;
    }

    std::string_view sql_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<SqlToken> sql_tokens(std::string_view sql) { return Lexer(sql).run(); }

std::size_t sql_skip(SqlTokens tokens, std::size_t at) {
    const auto opens = [](const SqlToken& t) { return t.is("(") || t.is("case"); };
    const auto closes = [](const SqlToken& t) { return t.is(")") || t.is("end"); };
    if (!opens(tokens[at])) return at + 1;
    for (std::size_t depth = 0; at < tokens.size(); ++at) {
        if (opens(tokens[at])) ++depth;
        if (closes(tokens[at]) && --depth == 0) return at + 1;
    }
    throw std::logic_error("unbalanced parentheses in SQL");
}

std::size_t sql_find(SqlTokens tokens, std::string_view word, std::size_t from) {
    for (std::size_t i = from; i < tokens.size(); i = sql_skip(tokens, i)) {
        if (tokens[i].is(word)) return i;
    }
    return tokens.size();
}

std::vector<SqlTokens> sql_split(SqlTokens tokens, std::string_view separator) {
    std::vector<SqlTokens> parts;
    std::size_t begin = 0;
    while (true) {
        const auto end = sql_find(tokens, separator, begin);
        parts.push_back(tokens.subspan(begin, end - begin));
        if (end == tokens.size()) return parts;
        begin = end + 1;
    }
}

}  // namespace agentic::db
