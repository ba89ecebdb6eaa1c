#include <gtest/gtest.h>

#include <algorithm>

#include "knowledge/chunk_window.hpp"
#include "knowledge/chunker.hpp"
#include "knowledge/clean_text.hpp"
#include "fake_tokens.hpp"
#include "random_document.hpp"

namespace agentic::knowledge {
namespace {

using namespace test;

// What is wrong with the chunks of a document, or nothing.
std::string broken_rule(const ExtractedDocument& document, const std::vector<Chunk>& chunks, const embeddings::TokenCounter& tokens, const ChunkingOptions& options) {
    const std::string_view text = document.text;
    std::size_t covered = 0;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        const auto& chunk = chunks[i];
        if (chunk.sequence != i) return "sequence";
        if (chunk.begin >= chunk.end || chunk.end > text.size()) return "range";
        if (!is_code_point_start(text, chunk.begin) || !is_code_point_start(text, chunk.end)) return "code point cut";
        if (is_blank(text[chunk.begin]) || is_blank(text[chunk.end - 1])) return "blank edge";
        const auto content = text.substr(chunk.begin, chunk.end - chunk.begin);
        if (tokens.count(content) != chunk.token_count) return "token count";
        if (chunk.token_count > options.chunk_size) return "too large";
        if (content.size() > 32 * options.chunk_size) return "too many bytes";
        for (auto at = covered; at < chunk.begin; ++at) {
            if (!is_blank(text[at])) return "lost text at " + std::to_string(at);
        }
        if (i > 0 && (chunk.begin <= chunks[i - 1].begin || chunk.end <= covered)) return "no progress";
        if (chunk.begin < covered && tokens.count(text.substr(chunk.begin, covered - chunk.begin)) > options.chunk_overlap) return "overlap";
        if (chunk.page > chunk.last_page || (document.page_count == 0 && chunk.page != 0) || page_at(chunk.pages, chunk.begin) != chunk.page) return "page";
        covered = chunk.end;
    }
    for (auto at = covered; at < text.size(); ++at) {
        if (!is_blank(text[at])) return "lost tail at " + std::to_string(at);
    }
    return {};
}

// The specification's _create_chunks over token spans: it advances by size - overlap from where a chunk began, wherever a sentence end cut it.
std::vector<Chunk> chunks_of_the_specification(std::string_view text, const embeddings::TokenCounter& tokens, const ChunkingOptions& options) {
    const auto spans = tokens.tokens(text);
    std::vector<Chunk> out;
    for (std::size_t start = 0; start < spans.size(); start += options.chunk_size - options.chunk_overlap) {
        const auto end = std::min(start + options.chunk_size, spans.size());
        Chunk chunk{.sequence = out.size(), .begin = spans[start].begin, .end = spans[end - 1].end};
        if (end < spans.size()) {
            const auto content = text.substr(chunk.begin, chunk.end - chunk.begin);
            for (auto at = content.size() * 4 / 5; at + 1 < content.size(); ++at) {
                if (!std::string_view(".!?").contains(content[at]) || !is_blank(content[at + 1])) continue;
                chunk.end = chunk.begin + at + 1;
                break;
            }
        }
        chunk.token_count = tokens.count(text.substr(chunk.begin, chunk.end - chunk.begin));
        out.push_back(chunk);
    }
    return out;
}

constexpr ChunkingStrategy kStrategies[] = {ChunkingStrategy::fixed, ChunkingStrategy::semantic, ChunkingStrategy::sentence};

TEST(ChunkerProperty, NoTextIsLostInTenThousandDocuments) {
    std::mt19937_64 random(20'261'122);
    const WordPieces word_pieces;
    const BytePairs byte_pairs;
    for (int i = 0; i < 10'000; ++i) {
        const auto document = clean_text(random_document(random));
        const embeddings::TokenCounter& tokens = i % 3 == 0 ? static_cast<const embeddings::TokenCounter&>(byte_pairs) : word_pieces;
        ChunkingOptions options{.strategy = kStrategies[i % 3 == 0 ? random() % 3 : static_cast<std::size_t>(i) / 3 % 3], .chunk_size = 8 + random() % (i % 7 == 0 ? 500 : 56)};
        options.chunk_overlap = random() % (random() % 4 == 0 ? options.chunk_size : 1 + options.chunk_size / 4);
        const auto chunks = chunk_document(document, tokens, options);
        const auto broken = broken_rule(document, chunks, tokens, options);
        ASSERT_EQ(broken, "") << "document " << i << ", strategy " << static_cast<int>(options.strategy) << ", size " << options.chunk_size << ", overlap " << options.chunk_overlap << "\n"
                              << document.text;
    }
}

// The control: the same rules catch the specification's algorithm on the same kind of documents.
TEST(ChunkerProperty, TheSpecificationsAlgorithmLosesText) {
    std::mt19937_64 random(20'261'122);
    const WordPieces tokens;
    int losses = 0;
    for (int i = 0; i < 500; ++i) {
        const auto document = clean_text(random_document(random));
        const ChunkingOptions options{.chunk_size = 64, .chunk_overlap = 6};
        const auto broken = broken_rule(document, chunks_of_the_specification(document.text, tokens, options), tokens, options);
        losses += broken.starts_with("lost");
    }
    EXPECT_GT(losses, 50);
}

TEST(ChunkerRegression, ASentenceEndDoesNotSwallowWhatFollows) {
    ExtractedDocument document;
    for (int i = 0; i < 60; ++i) document.text += "This is sentence number " + std::to_string(i) + " here. ";
    document = clean_text(document);
    const WordPieces tokens;
    const ChunkingOptions options{.chunk_size = 50, .chunk_overlap = 2};
    const auto missing = [&](const std::vector<Chunk>& chunks) {
        int out = 0;
        for (int i = 0; i < 60; ++i) {
            const auto sentence = "sentence number " + std::to_string(i) + " here.";
            out += std::ranges::none_of(chunks, [&](const Chunk& chunk) { return document.text.substr(chunk.begin, chunk.end - chunk.begin).contains(sentence); });
        }
        return out;
    };
    EXPECT_GT(missing(chunks_of_the_specification(document.text, tokens, options)), 5);
    EXPECT_EQ(missing(chunk_document(document, tokens, options)), 0);
}

}  // namespace
}  // namespace agentic::knowledge
