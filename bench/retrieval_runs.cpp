// retrieval_runs FOLDER: ranks a data set in BEIR's layout with the platform's own lexical text, vector index and fusion, and writes FOLDER/runs/NAME.tsv (query, document, score).
// Vectors of corpus and queries are read from FOLDER/{corpus,queries}.vectors (see embed_texts.cpp); without them only the lexical runs are made.
#include <sqlite3.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "knowledge/fusion.hpp"
#include "knowledge/lexical_query.hpp"
#include "knowledge/vector_index.hpp"

namespace {

using namespace agentic;
using namespace agentic::knowledge;
namespace fs = std::filesystem;

constexpr std::size_t kDepth = 100;  // of each ranking, as a search of the platform takes it
constexpr std::size_t kKept = 100;

struct Text {
    std::string id;
    std::string text;
};

std::vector<Text> read_texts(const fs::path& path) {
    std::vector<Text> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto row = boost::json::parse(line).as_object();
        const auto* title = row.if_contains("title");
        std::string text(row.at("text").as_string());
        if (title && !title->as_string().empty()) text = std::string(title->as_string()) + "\n\n" + text;
        out.push_back({std::string(row.at("_id").as_string()), std::move(text)});
    }
    return out;
}

struct Embedded {
    std::uint32_t dimensions = 0, texts = 0;
    std::vector<std::uint32_t> windows;
    std::vector<float> values;
};

Embedded read_vectors(const fs::path& path) {
    Embedded out;
    std::ifstream file(path, std::ios::binary);
    const auto read = [&](auto* to, std::size_t count) { file.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(count * sizeof *to)); };
    read(&out.dimensions, 1);
    read(&out.texts, 1);
    out.windows.resize(out.texts);
    read(out.windows.data(), out.texts);
    std::size_t rows = 0;
    for (const auto n : out.windows) rows += n;
    out.values.resize(rows * out.dimensions);
    read(out.values.data(), out.values.size());
    return out;
}

Uuid id_of(std::size_t i) {
    Uuid::Bytes bytes{};
    std::memcpy(bytes.data(), &i, sizeof i);
    return Uuid(bytes);
}

std::size_t number_of(const Uuid& id) {
    std::size_t out = 0;
    std::memcpy(&out, id.bytes().data(), sizeof out);
    return out;
}

using Ranking = std::vector<RankedHit>;
using Run = std::vector<Ranking>;  // one for each query

// SQLite FTS5 with its own BM25 (k1 1.2, b 0.75).
Run rank_fts5(const std::vector<Text>& corpus, const std::vector<Text>& queries, const char* tokenizer, bool prepared) {
    sqlite3* database = nullptr;
    sqlite3_open(":memory:", &database);
    sqlite3_exec(database, ("CREATE VIRTUAL TABLE t USING fts5(content, tokenize='" + std::string(tokenizer) + "')").c_str(), nullptr, nullptr, nullptr);
    sqlite3_stmt *insert = nullptr, *select = nullptr;
    sqlite3_prepare_v2(database, "INSERT INTO t(rowid, content) VALUES (?1, ?2)", -1, &insert, nullptr);
    sqlite3_prepare_v2(database, "SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?1 ORDER BY bm25(t), rowid LIMIT ?2", -1, &select, nullptr);
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (std::size_t i = 0; i < corpus.size(); ++i) {
        const auto text = prepared ? lexical_text(corpus[i].text) : corpus[i].text;
        sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i));
        sqlite3_bind_text(insert, 2, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
    Run out;
    for (const auto& query : queries) {
        auto& ranking = out.emplace_back();
        std::string match;
        for (const auto& term : fts5_terms(query.text)) match += (match.empty() ? "" : " OR ") + term;
        if (!prepared) {
            match.clear();
            std::istringstream words(query.text);
            for (std::string word; words >> word;) {
                std::erase(word, '"');
                match += (match.empty() ? "\"" : " OR \"") + word + "\"";
            }
        }
        sqlite3_bind_text(select, 1, match.c_str(), static_cast<int>(match.size()), SQLITE_TRANSIENT);
        sqlite3_bind_int64(select, 2, kDepth);
        while (!match.empty() && sqlite3_step(select) == SQLITE_ROW) ranking.push_back({id_of(static_cast<std::size_t>(sqlite3_column_int64(select, 0))), sqlite3_column_double(select, 1)});
        sqlite3_reset(select);
    }
    sqlite3_finalize(insert);
    sqlite3_finalize(select);
    sqlite3_close(database);
    return out;
}

// BM25 in Lucene's form over the same words, to see what k1 and b are worth.
class Bm25 {
public:
    explicit Bm25(const std::vector<Text>& corpus) {
        for (std::size_t i = 0; i < corpus.size(); ++i) {
            std::istringstream words(lexical_text(corpus[i].text));
            std::unordered_map<std::string, int> counts;
            std::size_t length = 0;
            for (std::string word; words >> word; ++length) ++counts[word];
            for (const auto& [word, count] : counts) postings_[word].push_back({i, count});
            lengths_.push_back(static_cast<double>(length));
            average_ += static_cast<double>(length) / static_cast<double>(corpus.size());
        }
    }
    Run rank(const std::vector<Text>& queries, double k1, double b) const {
        Run out;
        for (const auto& query : queries) {
            std::unordered_map<std::size_t, double> scores;
            for (const auto& word : query_words(query.text)) {
                const auto found = postings_.find(word);
                if (found == postings_.end()) continue;
                const auto with = static_cast<double>(found->second.size()), all = static_cast<double>(lengths_.size());
                const double rarity = std::log(1 + (all - with + 0.5) / (with + 0.5));
                for (const auto& [document, count] : found->second) scores[document] += rarity * count / (count + k1 * (1 - b + b * lengths_[document] / average_));
            }
            auto& ranking = out.emplace_back();
            for (const auto& [document, score] : scores) ranking.push_back({id_of(document), score});
            std::ranges::sort(ranking, [](const RankedHit& x, const RankedHit& y) { return x.score != y.score ? x.score > y.score : x.chunk < y.chunk; });
            if (ranking.size() > kDepth) ranking.resize(kDepth);
        }
        return out;
    }

private:
    struct Posting {
        std::size_t document;
        int count;
    };
    std::unordered_map<std::string, std::vector<Posting>> postings_;
    std::vector<double> lengths_;
    double average_ = 0;
};

Run rank_vectors(const Embedded& corpus, const Embedded& queries) {
    VectorIndex index(corpus.dimensions);
    std::size_t at = 0;
    for (std::size_t i = 0; i < corpus.texts; at += corpus.windows[i++]) {
        index.add({id_of(i), id_of(i)}, {corpus.values.data() + at * corpus.dimensions, std::size_t{corpus.windows[i]} * corpus.dimensions});
    }
    Run out;
    for (std::size_t q = 0; q < queries.texts; ++q) {
        auto& ranking = out.emplace_back();
        for (const auto& hit : index.search({queries.values.data() + q * queries.dimensions, queries.dimensions}, kDepth)) ranking.push_back({hit.key.chunk, hit.score});
    }
    return out;
}

void write(const fs::path& folder, const std::string& name, const Run& run, const std::vector<Text>& corpus, const std::vector<Text>& queries) {
    std::ofstream file(folder / (name + ".tsv"));
    file.precision(17);
    for (std::size_t q = 0; q < queries.size(); ++q) {
        for (std::size_t i = 0; i < std::min(run[q].size(), kKept); ++i) file << queries[q].id << '\t' << corpus[number_of(run[q][i].chunk)].id << '\t' << run[q][i].score << '\n';
    }
}

Run fuse_runs(const Run& vector, const Run& lexical, const FusionOptions& options) {
    Run out;
    for (std::size_t q = 0; q < vector.size(); ++q) {
        auto& ranking = out.emplace_back();
        for (const auto& hit : fuse(vector[q], lexical[q], options)) ranking.push_back({hit.chunk, hit.score});
    }
    return out;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) return std::fputs("usage: retrieval_runs FOLDER\n", stderr), 2;
    const fs::path folder = arguments[1];
    const auto corpus = read_texts(folder / "corpus.jsonl"), queries = read_texts(folder / "queries.jsonl");
    fs::create_directories(folder / "runs");
    const auto save = [&](const std::string& name, const Run& run) { write(folder / "runs", name, run, corpus, queries); };
    const auto lexical = rank_fts5(corpus, queries, "unicode61 remove_diacritics 0", true);
    save("lexical", lexical);
    save("fts5 unicode61 as written", rank_fts5(corpus, queries, "unicode61", false));
    save("fts5 porter as written", rank_fts5(corpus, queries, "porter unicode61", false));
    const Bm25 bm25(corpus);
    save("bm25 k1=0.9 b=0.4", bm25.rank(queries, 0.9, 0.4));
    save("bm25 k1=1.2 b=0.75", bm25.rank(queries, 1.2, 0.75));
    if (!fs::exists(folder / "corpus.vectors")) return 0;
    const auto vector = rank_vectors(read_vectors(folder / "corpus.vectors"), read_vectors(folder / "queries.vectors"));
    save("vector", vector);
    for (int tenths = 2; tenths <= 8; ++tenths) {
        const double weight = tenths / 10.0;
        save("min_max " + std::to_string(tenths), fuse_runs(vector, lexical, {.method = FusionMethod::min_max, .vector_weight = weight}));
        save("reciprocal_rank " + std::to_string(tenths), fuse_runs(vector, lexical, {.method = FusionMethod::reciprocal_rank, .vector_weight = weight}));
    }
    return 0;
}
