#include "knowledge/chunker.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"
#include "knowledge/chunk_window.hpp"
#include "knowledge/outline.hpp"

namespace agentic::knowledge {
namespace {

class Chunker {
public:
    Chunker(const ExtractedDocument& document, const embeddings::TokenCounter& tokens, const ChunkingOptions& options)
        : document_(document), text_(document.text), tokens_(tokens), options_(options), outline_(document) {
        options_.chunk_size = std::max<std::size_t>(options_.chunk_size, 1);
        options_.chunk_overlap = std::min(options_.chunk_overlap, options_.chunk_size - 1);
    }

    std::vector<Chunk> run(const std::function<bool()>& is_stopped) {
        auto begin = skip_blank(0);
        while (begin < text_.size() && out_.size() < options_.chunks_max && !(is_stopped && is_stopped())) {
            const ChunkWindow window(text_, tokens_, begin, options_.chunk_size);
            const auto end = fitted(begin, window.limit() > covered_ ? trimmed(begin, choose_end(window)) : 0);
            if (end <= covered_) {  // the overlap leaves no room for anything new
                begin = skip_blank(covered_);
                continue;
            }
            emit(begin, end);
            begin = next_begin(window, end);
        }
        return std::move(out_);
    }

private:
    std::size_t skip_blank(std::size_t at) const {
        while (at < text_.size() && is_blank(text_[at])) ++at;
        return at;
    }

    std::size_t trimmed(std::size_t begin, std::size_t end) const {
        while (end > begin + 1 && is_blank(text_[end - 1])) --end;
        return end;
    }

    // `end`, or less when the text counts more tokens on its own than as part of the window.
    std::size_t fitted(std::size_t begin, std::size_t end) {
        while (end > begin) {
            count_ = tokens_.count(text_.substr(begin, end - begin));
            if (count_ <= options_.chunk_size) break;
            const auto fits = begin + end_of_tokens(tokens_.tokens(text_.substr(begin, end - begin)), options_.chunk_size);
            if (fits > begin && fits < end) {
                end = trimmed(begin, fits);
                continue;
            }
            auto first = begin;
            next_code_point(text_, first);
            if (first >= end) break;  // one code point of more tokens than a chunk may have
            end = first;
        }
        return end;
    }

    std::size_t choose_end(const ChunkWindow& window) const {
        switch (options_.strategy) {
            case ChunkingStrategy::fixed: return end_of_fixed(window);
            case ChunkingStrategy::sentence: return behind_sentence(window, covered_);
            case ChunkingStrategy::semantic: return end_of_section(window);
        }
        std::unreachable();
    }

    std::size_t end_of_fixed(const ChunkWindow& window) const {
        if (window.limit() >= text_.size()) return text_.size();
        const auto last_fifth = window.after(options_.chunk_size - options_.chunk_size / 5);
        return behind_sentence(window, std::max(covered_, last_fifth));
    }

    // Behind the last sentence that ends after `floor`, else behind a word of the window's second half.
    std::size_t behind_sentence(const ChunkWindow& window, std::size_t floor) const {
        if (window.limit() >= text_.size()) return text_.size();
        if (const auto ends = window.sentence_ends(floor); !ends.empty()) return ends.back();
        return window.last_word_end(std::max(covered_, window.after(options_.chunk_size / 2)));
    }

    // At the first heading behind a quarter of a chunk, else at the last paragraph that begins there, else inside the paragraph.
    std::size_t end_of_section(const ChunkWindow& window) const {
        const auto floor = std::max(covered_, window.after(std::max<std::size_t>(options_.chunk_size / 4, 1)));
        const auto& blocks = document_.blocks;
        std::size_t paragraph = 0;
        for (auto block = std::ranges::upper_bound(blocks, window.begin(), {}, &TextBlock::begin); block != blocks.end() && block->begin <= window.limit(); ++block) {
            const bool follows_heading = block != blocks.begin() && std::prev(block)->kind == BlockKind::heading && std::prev(block)->begin >= window.begin();
            if (block->begin <= floor || follows_heading) continue;  // a heading stays with what it is above
            if (block->kind == BlockKind::heading) return block->begin;
            paragraph = block->begin;
        }
        if (window.limit() >= text_.size()) return text_.size();
        return paragraph > 0 ? paragraph : behind_sentence(window, floor);
    }

    std::size_t next_begin(const ChunkWindow& window, std::size_t end) const {
        const auto earliest = std::max(window.back_from(end, options_.chunk_overlap), window.after(1));
        if (end >= text_.size() || options_.chunk_overlap == 0 || earliest >= end || is_paragraph_start(end)) return skip_blank(end);
        auto begin = options_.strategy == ChunkingStrategy::fixed ? word_start(earliest, end) : sentence_start(window, earliest, end);
        while (begin < end && tokens_.count(text_.substr(begin, end - begin)) > options_.chunk_overlap) {
            next_code_point(text_, begin);
            begin = skip_blank(word_start(begin, end));
        }
        return begin < end ? begin : skip_blank(end);
    }

    // Only `semantic` starts afresh with a paragraph.
    bool is_paragraph_start(std::size_t end) const {
        if (options_.strategy != ChunkingStrategy::semantic) return false;
        const auto at = skip_blank(end);
        const auto block = std::ranges::lower_bound(document_.blocks, at, {}, &TextBlock::begin);
        return block != document_.blocks.end() && block->begin == at;
    }

    std::size_t word_start(std::size_t earliest, std::size_t end) const {
        for (auto at = earliest; at < end; ++at) {
            if (is_word_boundary(text_, at)) return skip_blank(at);
        }
        return earliest;
    }

    std::size_t sentence_start(const ChunkWindow& window, std::size_t earliest, std::size_t end) const {
        for (const auto at : window.sentence_ends(window.begin())) {
            if (at >= end) break;
            if (const auto start = skip_blank(at); start >= earliest) return start;
        }
        return end;
    }

    void emit(std::size_t begin, std::size_t end) {
        Chunk chunk{.sequence = out_.size(), .begin = begin, .end = end, .token_count = count_};
        chunk.pages = outline_.pages(begin, end);
        if (!chunk.pages.empty()) {
            chunk.page = chunk.pages.front().page;
            chunk.last_page = chunk.pages.back().page;
        }
        chunk.section = outline_.section(std::max(begin, covered_), end);
        covered_ = end;
        out_.push_back(std::move(chunk));
    }

    const ExtractedDocument& document_;
    std::string_view text_;
    const embeddings::TokenCounter& tokens_;
    ChunkingOptions options_;
    Outline outline_;
    std::vector<Chunk> out_;
    std::size_t covered_ = 0;  // where the last chunk ended
    std::size_t count_ = 0;    // tokens of the text that fitted() looked at last
};

}  // namespace

std::vector<Chunk> chunk_document(const ExtractedDocument& cleaned, const embeddings::TokenCounter& tokens, const ChunkingOptions& options,
                                  const std::function<bool()>& is_stopped) {
    return Chunker(cleaned, tokens, options).run(is_stopped);
}

}  // namespace agentic::knowledge
