#include "embeddings/wordpiece.hpp"

#include <algorithm>

#include "embeddings/code_points.hpp"
#include "embeddings/unicode_tables.hpp"
#include "core/utf8.hpp"

namespace agentic::embeddings {
namespace {

struct Combining {
    char32_t value;
    std::uint8_t combining;
    TokenSpan source;
};

}  // namespace

/// Where tokens go: their ids, their spans, or only their number.
struct WordPiece::Sink {
    std::vector<TokenId>* ids = nullptr;
    std::vector<TokenSpan>* spans = nullptr;
    std::size_t limit = SIZE_MAX;
    std::size_t count = 0;

    bool full() const { return count >= limit; }
    void add(TokenId id, TokenSpan span) {
        if (full()) return;
        ++count;
        if (ids != nullptr) ids->push_back(id);
        if (spans != nullptr) spans->push_back(span);
    }
};

/// One pass over a text: gathers the normalised characters of a word, and cuts it into pieces where it ends.
class WordPiece::Run {
public:
    Run(const WordPiece& owner, Sink& sink) : owner_(owner), sink_(sink) {}

    void character(char32_t c, TokenSpan source) {
        const CodePoint& entry = code_point(c);
        using enum CodePoint::Action;
        if (entry.action == remove) return;
        if (entry.action == space) return end_word();
        if (entry.is_ideograph) end_word();
        fold(c, entry, source);
        if (entry.is_ideograph) end_word();
    }

    void end_word() {
        settle();
        if (characters_ > owner_.max_word_characters_) sink_.add(owner_.unknown_, whole_word());
        else if (characters_ > 0) cut();
        word_.clear();
        sources_.clear();
        characters_ = 0;
    }

private:
    void fold(char32_t c, const CodePoint& entry, TokenSpan source) {
        using enum CodePoint::Action;
        if (!owner_.lower_case_) return put(c, source, entry.is_punctuation);
        switch (entry.action) {
            case remove_mark:
                if (entry.combining == 0) settle();  // it separates what combines before and after it
                return;
            case replace: return append(entry.value, source);
            case expand:
                for (const char32_t part : tables::kExpanded[entry.value].to) {
                    if (part != 0) append(part, source);
                }
                return;
            case hangul: return append_hangul(c, source);
            default: return append(c, source, entry);
        }
    }

    void append(char32_t c, TokenSpan source) { append(c, source, code_point(c)); }

    void append(char32_t c, TokenSpan source, const CodePoint& entry) {
        if (entry.combining != 0) return pending_.push_back({c, entry.combining, source});
        settle();
        put(c, source, entry.is_punctuation);
    }

    // Unicode 15, section 3.12: a syllable is a leading consonant, a vowel, and perhaps a trailing consonant.
    void append_hangul(char32_t c, TokenSpan source) {
        const char32_t index = c - 0xAC00;
        append(0x1100 + index / 588, source);
        append(0x1161 + index % 588 / 28, source);
        if (index % 28 != 0) append(0x11A7 + index % 28, source);
    }

    // Canonical order of the combining characters since the last one that does not combine.
    void settle() {
        if (pending_.empty()) return;
        const TokenSpan all{pending_.front().source.begin, pending_.back().source.end};
        if (pending_.size() > 1) std::ranges::stable_sort(pending_, {}, &Combining::combining);
        for (const auto& [value, combining, source] : pending_) put(value, pending_.size() > 1 ? all : source, false);
        pending_.clear();
    }

    void put(char32_t c, TokenSpan source, bool is_punctuation) {
        if (is_punctuation) end_word();
        if (characters_ > owner_.max_word_characters_) {  // unknown already, however it goes on
            sources_.back().end = source.end;
            return;
        }
        const auto before = word_.size();
        append_code_point(word_, c);
        sources_.insert(sources_.end(), word_.size() - before, source);
        ++characters_;
        if (is_punctuation) end_word();
    }

    void cut() {
        pieces_.clear();
        for (std::size_t at = 0; at < word_.size();) {
            const auto match = owner_.vocabulary_.longest(std::string_view(word_).substr(at), at > 0);
            if (match.size == 0) return sink_.add(owner_.unknown_, whole_word());
            pieces_.emplace_back(match.id, TokenSpan{sources_[at].begin, sources_[at + match.size - 1].end});
            at += match.size;
        }
        for (const auto& [id, span] : pieces_) sink_.add(id, span);
    }

    TokenSpan whole_word() const { return {sources_.front().begin, sources_.back().end}; }

    const WordPiece& owner_;
    Sink& sink_;
    std::string word_;                 // normalised
    std::vector<TokenSpan> sources_;   // one for each byte of word_
    std::size_t characters_ = 0;
    std::vector<Combining> pending_;
    std::vector<std::pair<TokenId, TokenSpan>> pieces_;
};

WordPiece::WordPiece(const WordPieceFiles& files)
    : vocabulary_(files.pieces),
      literals_(files.literals),
      unknown_(files.unknown),
      first_(files.first),
      last_(files.last),
      lower_case_(files.lower_case),
      max_word_characters_(files.max_word_characters) {
    std::ranges::sort(literals_, [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });  // the longest first
}

std::vector<TokenSpan> WordPiece::tokens(std::string_view text) const {
    std::vector<TokenSpan> spans;
    Sink sink{.spans = &spans};
    run(text, sink);
    return spans;
}

std::size_t WordPiece::count(std::string_view text) const {
    Sink sink;
    run(text, sink);
    return sink.count;
}

std::vector<TokenId> WordPiece::encode(std::string_view text, std::size_t limit) const {
    std::vector<TokenId> ids;
    Sink sink{.ids = &ids, .limit = limit};
    run(text, sink);
    return ids;
}

void WordPiece::run(std::string_view text, Sink& sink) const {
    Run run(*this, sink);
    bool may_open[256] = {};
    for (const auto& [literal, id] : literals_) may_open[static_cast<unsigned char>(literal.front())] = true;
    for (std::size_t at = 0; at < text.size() && !sink.full();) {
        if (may_open[static_cast<unsigned char>(text[at])]) {
            const auto rest = text.substr(at);
            const auto found = std::ranges::find_if(literals_, [rest](const auto& literal) { return rest.starts_with(literal.first); });
            if (found != literals_.end()) {
                run.end_word();
                sink.add(found->second, {at, at + found->first.size()});
                at += found->first.size();
                continue;
            }
        }
        const auto decoded = decode_utf8(text.substr(at));
        if (decoded.size == 0) ++at;
        else run.character(decoded.value, {at, at + decoded.size});
        at += decoded.size;
    }
    run.end_word();
}

}  // namespace agentic::embeddings
