#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::knowledge {

/// What the lexical index stores for a chunk: its words, parted by single spaces, in lower case and without Latin diacritics; each CJK character a word of its
/// own, so that a search finds words inside text without spaces. Both engines split it at the spaces alike (FTS5: unicode61; PostgreSQL: 'simple').
std::string lexical_text(std::string_view text);

/// The distinct words of a user's question, in the form of lexical_text, in order, at most 64; stop words left out unless there is nothing else.
std::vector<std::string> query_words(std::string_view query);

/// The same as terms of FTS5's MATCH, each a quoted phrase: free of syntax whatever the user wrote.
std::vector<std::string> fts5_terms(std::string_view query);

/// The same as terms of PostgreSQL's to_tsquery('simple', $1).
std::vector<std::string> tsquery_terms(std::string_view query);

}  // namespace agentic::knowledge
