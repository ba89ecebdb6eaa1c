// Replays every target's corpus, and a few thousand mutations of it with a fixed seed, in presets without libFuzzer.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

constexpr int kMutations = 3000;

std::vector<std::string> corpus_of(std::string_view name) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path("tests/fuzz/corpus") / name)) files.push_back(entry.path());
    std::ranges::sort(files);   // the seed then gives the same mutations everywhere
    std::vector<std::string> inputs;
    for (const auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return inputs;
}

class Mutator {
public:
    explicit Mutator(const std::vector<std::string>& inputs) : inputs_(inputs) {}

    std::string next() {
        std::string out = any();
        for (auto n = 1 + random_() % 4; n > 0; --n) mutate(out);
        return out;
    }

private:
    const std::string& any() { return inputs_[random_() % inputs_.size()]; }
    std::size_t at(const std::string& text) { return text.empty() ? 0 : random_() % text.size(); }

    void mutate(std::string& text) {
        static constexpr std::string_view kTroublesome("\r\n\0\t :;,=%\"\\/.-0\x7f\x80\xff", 20);
        switch (random_() % 6) {
            case 0: if (!text.empty()) text[at(text)] ^= static_cast<char>(1U << random_() % 8); break;
            case 1: text.insert(at(text), 1, kTroublesome[random_() % kTroublesome.size()]); break;
            case 2: if (!text.empty()) text.erase(at(text), 1 + random_() % 8); break;
            case 3: text.resize(at(text)); break;
            case 4: text.insert(at(text), text.substr(at(text), random_() % 32)); break;
            default: text = text.substr(0, at(text)) + any().substr(random_() % 64 % (any().size() + 1) > 0 ? 0 : 1);
        }
    }

    const std::vector<std::string>& inputs_;
    std::mt19937 random_{20261122};
};

class Corpus : public testing::TestWithParam<Target> {};

TEST_P(Corpus, HoldsItsProperties) {
    const auto inputs = corpus_of(GetParam().name);
    ASSERT_FALSE(inputs.empty());
    for (const auto& input : inputs) GetParam().run(input);
    Mutator mutator(inputs);
    for (int i = 0; i < kMutations; ++i) GetParam().run(mutator.next());
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(Target::all()), [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace agentic::fuzz
