#pragma once

struct sqlite3;

namespace agentic::db::sqlite {

/// Adds two functions of full text to a connection. `scoped_bm25(chunk_words, chunks, mean_words, "n1 n2 ...")`: how well a row's words fit the last terms of the
/// MATCH expression, as many as there are numbers; of the `chunks` in question n_i have the i-th. BM25 in Lucene's form (Robertson and Zaragoza 2009), k1 1.2, b 0.75.
/// `word_count(chunk_words)`: the row's words. FTS5's own bm25() counts the whole table, and so tells one tenant what the others write about. Throws
/// std::logic_error when the library has no FTS5.
void add_word_ranking(sqlite3* connection);

}  // namespace agentic::db::sqlite
