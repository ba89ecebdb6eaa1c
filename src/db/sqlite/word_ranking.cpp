#include "db/sqlite/word_ranking.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace agentic::db::sqlite {
namespace {

constexpr double kSaturation = 1.2;     // k1
constexpr double kLengthWeight = 0.75;  // b
constexpr int kWordsColumn = 1;         // of chunk_words (scope, words)

/// What a query's rows have in common.
struct Weights {
    std::vector<double> rarity;         // of each term
    double mean_words = 1;              // of a chunk
    int first_phrase = 0;               // those before it are the scope
    std::vector<int> frequency;         // of each term in the row at hand
};

double rarity_of(double chunks, double having) { return std::log(1 + (std::max(chunks - having, 0.0) + 0.5) / (having + 0.5)); }

Weights* weights_of(const Fts5ExtensionApi* api, Fts5Context* query, sqlite3_value** values) {
    if (auto* known = static_cast<Weights*>(api->xGetAuxdata(query, 0))) return known;
    auto weights = std::make_unique<Weights>();
    const auto chunks = static_cast<double>(sqlite3_value_int64(values[0]));
    weights->mean_words = std::max(sqlite3_value_double(values[1]), 1.0);
    const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[2]));
    const std::string_view counts(text == nullptr ? "" : text);
    for (const char *at = counts.data(), *end = at + counts.size(); at < end; ++at) {
        long having = 0;
        at = std::from_chars(at, end, having).ptr;
        weights->rarity.push_back(rarity_of(chunks, static_cast<double>(having)));
    }
    weights->first_phrase = api->xPhraseCount(query) - static_cast<int>(weights->rarity.size());
    auto* kept = weights.release();
    if (api->xSetAuxdata(query, kept, [](void* old) { delete static_cast<Weights*>(old); }) != SQLITE_OK) return nullptr;
    return kept;
}

void scoped_bm25(const Fts5ExtensionApi* api, Fts5Context* query, sqlite3_context* result, int count, sqlite3_value** values) {
    if (count != 3) return sqlite3_result_error(result, "scoped_bm25 takes the table, two numbers and a text", -1);
    auto* weights = weights_of(api, query, values);
    int instances = 0, words = 0;
    if (weights == nullptr || api->xInstCount(query, &instances) != SQLITE_OK || api->xColumnSize(query, kWordsColumn, &words) != SQLITE_OK) return sqlite3_result_error_nomem(result);
    weights->frequency.assign(weights->rarity.size(), 0);
    for (int i = 0; i < instances; ++i) {
        int phrase = 0, column = 0, offset = 0;
        if (api->xInst(query, i, &phrase, &column, &offset) != SQLITE_OK) return sqlite3_result_error_nomem(result);
        if (phrase >= weights->first_phrase) ++weights->frequency[static_cast<std::size_t>(phrase - weights->first_phrase)];
    }
    const double length = kSaturation * (1 - kLengthWeight + kLengthWeight * words / weights->mean_words);
    double score = 0;
    for (std::size_t i = 0; i < weights->rarity.size(); ++i) {
        const double frequency = weights->frequency[i];
        if (frequency > 0) score += weights->rarity[i] * frequency / (frequency + length);
    }
    sqlite3_result_double(result, score);
}

void word_count(const Fts5ExtensionApi* api, Fts5Context* query, sqlite3_context* result, int, sqlite3_value**) {
    int words = 0;
    if (api->xColumnSize(query, kWordsColumn, &words) != SQLITE_OK) return sqlite3_result_error_nomem(result);
    sqlite3_result_int(result, words);
}

/// As the documentation of FTS5 has it ("Extending FTS5").
fts5_api* full_text(sqlite3* connection) {
    fts5_api* api = nullptr;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection, "SELECT fts5(?1)", -1, &statement, nullptr) == SQLITE_OK) {
        sqlite3_bind_pointer(statement, 1, static_cast<void*>(&api), "fts5_api_ptr", nullptr);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return api;
}

}  // namespace

void add_word_ranking(sqlite3* connection) {
    auto* api = full_text(connection);
    const auto add = [api](const char* name, fts5_extension_function function) { return api->xCreateFunction(api, name, nullptr, function, nullptr) == SQLITE_OK; };
    if (api == nullptr || !add("scoped_bm25", scoped_bm25) || !add("word_count", word_count)) throw std::logic_error("SQLite was built without FTS5");
}

}  // namespace agentic::db::sqlite
