#include "knowledge/lexical_query.hpp"

#include "knowledge/words.hpp"

namespace agentic::knowledge {
namespace {

// Words hold neither quotes nor blanks (words_of), so that quoting them is all it takes.
std::string quoted(const std::vector<std::string>& phrase, std::string_view quote, std::string_view inside) {
    std::string out(quote);
    for (std::size_t i = 0; i < phrase.size(); ++i) {
        if (i > 0) out += inside;
        out += phrase[i];
    }
    return out += quote;
}

}  // namespace

std::string lexical_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const auto& word : words_of(text)) {
        if (!out.empty()) out += ' ';
        out += word.form;
    }
    return out;
}

std::vector<std::string> query_words(std::string_view query) {
    std::vector<std::string> out;
    for (auto& phrase : query_phrases(query)) out.push_back(phrase.size() == 1 ? std::move(phrase[0]) : phrase[0] + " " + phrase[1]);
    return out;
}

std::vector<std::string> fts5_terms(std::string_view query) {
    std::vector<std::string> out;
    for (const auto& phrase : query_phrases(query)) out.push_back(quoted(phrase, "\"", " "));
    return out;
}

std::vector<std::string> tsquery_terms(std::string_view query) {
    std::vector<std::string> out;
    for (const auto& phrase : query_phrases(query)) {
        auto term = quoted(phrase, "'", "' <-> '");
        out.push_back(phrase.size() > 1 ? "(" + term + ")" : std::move(term));
    }
    return out;
}

}  // namespace agentic::knowledge
