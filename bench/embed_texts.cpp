// embed_texts MODEL_DIRECTORY fp32|int8 query|document: JSON strings on stdin, one a line; the vectors on stdout in the form that retrieval_runs reads:
// u32 dimensions, u32 texts, for each text u32 windows, then all windows as floats.
#include <algorithm>
#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "embeddings/local_model.hpp"

using namespace agentic::embeddings;

int main(int count, char** arguments) {
    if (count != 4) return std::fputs("usage: embed_texts MODEL_DIRECTORY fp32|int8 query|document\n", stderr), 2;
    const auto precision = std::string(arguments[2]) == "int8" ? PrecisionChoice::int8 : PrecisionChoice::fp32;
    const auto purpose = std::string(arguments[3]) == "query" ? Purpose::query : Purpose::document;
    auto model = LocalModel::open("model", arguments[1], precision);
    auto encoder = model ? (*model)->encoder() : std::unexpected(model.error());
    if (!encoder) return std::fprintf(stderr, "%s\n", encoder.error().public_message.c_str()), 1;
    std::vector<std::uint32_t> windows;
    std::vector<std::vector<TokenId>> sequences;
    for (std::string line; std::getline(std::cin, line);) {
        auto own = (*model)->sequences(boost::json::value_to<std::string>(boost::json::parse(line)), purpose);
        windows.push_back(static_cast<std::uint32_t>(own.size()));
        std::ranges::move(own, std::back_inserter(sequences));
    }
    const std::uint32_t dimensions = static_cast<std::uint32_t>((*model)->config().hidden), texts = static_cast<std::uint32_t>(windows.size());
    std::vector<float> values(sequences.size() * dimensions);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        constexpr std::size_t kBatch = 16;
        for (std::size_t at = 0; (at = next.fetch_add(kBatch)) < sequences.size();) {
            std::vector<TokenSequence> batch;
            for (auto i = at; i < std::min(at + kBatch, sequences.size()); ++i) batch.push_back({sequences[i]});
            (*encoder)->run(batch, values.data() + at * dimensions);
        }
    };
    {
        std::vector<std::jthread> threads;
        for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
    }
    std::fwrite(&dimensions, 4, 1, stdout);
    std::fwrite(&texts, 4, 1, stdout);
    std::fwrite(windows.data(), 4, windows.size(), stdout);
    std::fwrite(values.data(), 4, values.size(), stdout);
    return 0;
}
