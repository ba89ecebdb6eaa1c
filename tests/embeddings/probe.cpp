// Runs the tokenizer, the encoder and the reranker for the parity suites and the benchmark: one command a line on stdin, as below; answers on stdout.
//   probe MODEL_DIRECTORY fp32|int8
//   probe RANK_FILE ranks                               understands `tokens` alone
//   tokens N            then N bytes of text           -> "id:begin:end ..." and a line break
//   embed  N            then N bytes, 32-bit ids; 0xFFFFFFFF ends a sequence -> rows of 32-bit floats, in one pass
//   pair   N            then N bytes: a query, a zero byte, a passage (of a reranking model)  -> "ids...", the place of the first of type 1, and a line break
//   score  N            then N bytes: a query and passages, a zero byte between them          -> one 32-bit float for each passage
//   score_ids N         then N bytes as for embed, but each sequence begins with the place of the first of type 1 -> one 32-bit float for each sequence
//   time   REPEATS TOKENS THREADS N   then N bytes as for embed: best of REPEATS over all sequences, in passes of about TOKENS tokens
//                                                                                                -> seconds, and seconds of processor time
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>
#include <sstream>
#include <thread>

#include "embeddings/byte_pairs.hpp"
#include "embeddings/local_reranker.hpp"

using namespace agentic::embeddings;

namespace {

std::string read_bytes(std::size_t n) {
    std::string out(n, '\0');
    std::cin.read(out.data(), static_cast<std::streamsize>(n));
    return out;
}

std::vector<std::vector<TokenId>> read_sequences(std::size_t bytes) {
    const auto raw = read_bytes(bytes);
    std::vector<std::vector<TokenId>> out(1);
    for (std::size_t at = 0; at + 4 <= raw.size(); at += 4) {
        TokenId id;
        std::memcpy(&id, raw.data() + at, 4);
        if (id == -1) out.emplace_back();
        else out.back().push_back(id);
    }
    out.pop_back();
    return out;
}

using Views = std::vector<TokenSequence>;

struct Cost {
    double wall = 1e9, cpu = 1e9;
};

double cpu_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Cost run_once(const Encoder& encoder, const std::vector<Views>& passes, unsigned threads) {
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        std::vector<float> rows;
        for (std::size_t i = next++; i < passes.size(); i = next++) {
            rows.resize(passes[i].size() * encoder.config().hidden);
            encoder.run(passes[i], rows.data());
        }
    };
    const auto begin = std::chrono::steady_clock::now();
    const auto cpu = cpu_seconds();
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
    others.clear();
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), cpu_seconds() - cpu};
}

std::vector<Views> passes_of(const std::vector<std::vector<TokenId>>& sequences, std::size_t tokens) {
    std::vector<Views> out(1);
    std::size_t filled = 0;
    for (const auto& sequence : sequences) {
        if (filled > 0 && filled + sequence.size() > tokens) {
            out.emplace_back();
            filled = 0;
        }
        out.back().emplace_back(sequence);
        filled += sequence.size();
    }
    return out;
}

std::vector<std::string> texts_of(const std::string& raw) {
    std::vector<std::string> out(1);
    for (const char c : raw) {
        if (c == '\0') out.emplace_back();
        else out.back() += c;
    }
    return out;
}

int refuse(const agentic::Error& error) {
    std::fprintf(stderr, "%s\n", error.public_message.c_str());
    return 1;
}

int rerank(const char* directory, PrecisionChoice precision) {
    const auto opened = RerankModel::open("model", directory, precision);
    if (!opened) return refuse(opened.error());
    auto& model = **opened;
    if (const auto loaded = model.load(); !loaded) return refuse({.public_message = loaded.error().internal_context});
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb;
        std::size_t bytes = 0;
        words >> verb >> bytes;
        std::vector<SplitTexts::Sequence> sequences;
        if (verb == "score_ids") {
            for (auto& ids : read_sequences(bytes)) sequences.push_back({{ids.begin() + 1, ids.end()}, static_cast<std::size_t>(ids.front())});
        } else {
            sequences = model.split(texts_of(read_bytes(bytes)), Purpose::query).sequences;
        }
        if (verb == "pair") {
            for (const auto id : sequences.front().ids) std::printf("%d ", id);
            std::printf("%zu\n", sequences.front().second);
        } else {
            Views pairs;
            for (const auto& [ids, second] : sequences) pairs.push_back({ids, second});
            std::vector<float> out(pairs.size());
            model.run(pairs, out.data());
            std::fwrite(out.data(), sizeof(float), out.size(), stdout);
        }
        std::fflush(stdout);
    }
    return 0;
}

void print_tokens(const auto& tokenizer, const std::string& text) {
    const auto ids = tokenizer.encode(text);
    const auto spans = tokenizer.tokens(text);
    if (ids.size() != spans.size() || ids.size() != tokenizer.count(text)) std::abort();
    for (std::size_t i = 0; i < ids.size(); ++i) std::printf("%d:%zu:%zu ", ids[i], spans[i].begin, spans[i].end);
    std::printf("\n");
}

int count_by_ranks(const char* file) {
    const auto ranks = read_ranks(file);
    if (!ranks) return refuse(ranks.error());
    const BytePairs tokenizer(*ranks);
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb;
        std::size_t bytes = 0;
        words >> verb >> bytes;
        print_tokens(tokenizer, read_bytes(bytes));
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    if (std::strcmp(argv[2], "ranks") == 0) return count_by_ranks(argv[1]);
    const bool is_int8 = std::strcmp(argv[2], "int8") == 0;
    const auto config = read_model_config(argv[1]);
    if (!config) return refuse(config.error());
    if (config->labels > 0) return rerank(argv[1], is_int8 ? PrecisionChoice::int8 : PrecisionChoice::fp32);
    const auto files = read_wordpiece(argv[1]);
    if (!files) return refuse(files.error());
    const WordPiece tokenizer(*files);
    const auto encoder = Encoder::load(argv[1], *config, is_int8 ? Precision::int8 : Precision::fp32);
    if (!encoder) return refuse(encoder.error());
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string verb;
        std::size_t repeats = 0, tokens = 0, bytes = 0;
        unsigned threads = 1;
        words >> verb;
        if (verb == "time") words >> repeats >> tokens >> threads;
        words >> bytes;
        if (verb == "tokens") {
            print_tokens(tokenizer, read_bytes(bytes));
        } else {
            const auto sequences = read_sequences(bytes);
            if (verb == "embed") {
                const Views all(sequences.begin(), sequences.end());
                std::vector<float> out(all.size() * config->hidden);
                (*encoder)->run(all, out.data());
                std::fwrite(out.data(), sizeof(float), out.size(), stdout);
            } else {
                const auto passes = passes_of(sequences, tokens);
                Cost best;
                for (std::size_t i = 0; i < repeats; ++i) {
                    const auto [wall, cpu] = run_once(**encoder, passes, threads);
                    best = {std::min(best.wall, wall), std::min(best.cpu, cpu)};
                }
                std::printf("%.9f %.9f\n", best.wall, best.cpu);
            }
        }
        std::fflush(stdout);
    }
}
