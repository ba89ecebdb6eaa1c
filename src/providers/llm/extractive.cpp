#include "providers/llm/extractive.hpp"

#include <algorithm>
#include <optional>

#include "core/sentences.hpp"
#include "providers/llm/sentences.hpp"
#include "providers/llm/token_estimate.hpp"

namespace agentic::llm {
namespace {

constexpr std::size_t kMaxSourceBytes = 1 << 20;  // this runs on the caller's thread: about 50 ms at the most
constexpr std::size_t kMaxSentences = 3;
constexpr double kMinCoverage = 0.34;             // a third of what the question is about
constexpr double kNearBest = 0.7;

constexpr std::string_view kNoPassages =
    "I answer only from passages and from this conversation, and neither holds an answer to that. Give me documents (context.documents, or a knowledge collection) and ask again.";
constexpr std::string_view kNoAnswer = "The given passages do not answer this question.";

constexpr std::string_view kSetPhrases[] = {"I answer only", "Give me documents", "The given passages", "Noted: ", "Ask me about", "You said", "You asked", "I answered", "This is the beginning"};

/// Where a sentence comes from: a passage, or a turn of the conversation.
struct Source {
    std::string id, title;
    bool is_turn = false;
    bool by_user = false;
};
struct Sentence {
    std::string_view text;
    std::size_t source = 0;
};

bool is_question(std::string_view sentence) { return sentence.ends_with('?') || sentence.ends_with("\uff1f"); }

std::string in_lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

bool has_word(std::string_view lower_text, std::string_view word) {
    const auto is_letter = [](char c) { return c >= 'a' && c <= 'z'; };
    for (auto at = lower_text.find(word); at != lower_text.npos; at = lower_text.find(word, at + 1)) {
        const auto end = at + word.size();
        if ((at == 0 || !is_letter(lower_text[at - 1])) && (end == lower_text.size() || !is_letter(lower_text[end]))) return true;
    }
    return false;
}
bool has_any(std::string_view lower_text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return has_word(lower_text, word); });
}

// "[1] It is open." -> "It is open.": our own earlier answers are full of these.
std::string_view without_marker(std::string_view sentence) {
    while (sentence.starts_with('[')) {
        const auto close = sentence.find(']');
        if (close == sentence.npos || close > 4) break;
        sentence.remove_prefix(std::min(sentence.find_first_not_of(' ', close + 1), sentence.size()));
    }
    return sentence;
}

// Worth quoting from a conversation: not a question, and none of our own set phrases.
bool is_statement(std::string_view sentence) {
    if (sentence.empty() || is_question(sentence)) return false;
    return std::ranges::none_of(kSetPhrases, [&](std::string_view phrase) { return sentence.starts_with(phrase); });
}

/// One call, taken apart.
class Extraction {
public:
    explicit Extraction(const Request& request) : request_(request) {
        for (const auto& message : request.messages) turns_.push_back(joined_text(message.blocks, "\n"));
        for (std::size_t i = turns_.size(); i-- > 0 && !question_turn_;) {
            if (request.messages[i].role == MessageRole::user && !turns_[i].empty()) question_turn_ = i;
        }
        if (question_turn_) question_ = turns_[*question_turn_];
        lower_question_ = in_lower_case(question_);
    }

    Answer run() {
        if (!answer_about_conversation()) answer_from_sources();
        Answer answer;
        answer.blocks.emplace_back(TextBlock{std::move(text_)});
        answer.citations = std::move(citations_);
        answer.model = "extractive";
        answer.usage.input_tokens = estimate_tokens(request_);
        answer.usage.output_tokens = estimate_tokens(answer.text());
        answer.usage.estimated = true;
        return answer;
    }

private:
    // "What did I ask before?", "What was my first question?": answered by quoting the turn itself.
    bool answer_about_conversation() {
        if (!is_question(question_) && !has_any(lower_question_, {"repeat", "remind"})) return false;
        const bool mine = has_any(lower_question_, {"i", "my"});
        const bool yours = has_any(lower_question_, {"you", "your"}) && !mine;
        const bool speech = has_any(lower_question_, {"ask", "asked", "say", "said", "tell", "told", "question", "answer", "answered", "write", "wrote", "message"});
        const bool earlier = has_any(lower_question_, {"before", "previous", "previously", "earlier", "last", "first", "just", "ago"});
        if (!(mine || yours) || !speech || !earlier) return false;
        const auto role = mine ? MessageRole::user : MessageRole::assistant;
        std::optional<std::size_t> turn;
        for (std::size_t i = 0; i < *question_turn_; ++i) {
            if (request_.messages[i].role != role || turns_[i].empty()) continue;
            turn = i;
            if (has_word(lower_question_, "first")) break;
        }
        if (!turn) {
            text_ = "This is the beginning of our conversation.";
            return true;
        }
        text_ = (mine ? is_question(turns_[*turn]) ? "You asked: “" : "You said: “" : "I answered: “") + turns_[*turn] + "”";
        citations_.push_back({turn_id(*turn), kTurnTitle, turns_[*turn]});
        return true;
    }

    void answer_from_sources() {
        collect();
        const auto chosen = choose();
        if (!chosen.empty()) return quote(chosen);
        if (!question_.empty() && !is_question(question_) && request_.passages.empty() && !starts_like_a_question()) {
            text_ = "Noted: “" + question_ + "” Ask me about it later in this conversation, or give me documents to answer from.";
            return;
        }
        text_ = request_.passages.empty() ? kNoPassages : kNoAnswer;
    }

    bool starts_like_a_question() const {
        const auto first = lower_question_.substr(0, lower_question_.find(' '));
        return has_any(first, {"what", "who", "where", "when", "why", "how", "which", "whose", "is", "are", "was", "were", "do", "does", "did", "can", "could", "will", "would", "should", "has",
                               "have", "explain", "describe", "list", "name", "tell", "give", "summarize", "show", "find"});
    }

    void collect() {
        std::size_t bytes = 0;
        const auto add = [&](std::string_view text, Source source) {
            if (bytes + text.size() > kMaxSourceBytes) return;
            bytes += text.size();
            sources_.push_back(std::move(source));
            for (auto sentence : split_sentences(text)) {
                if (sources_.back().is_turn) sentence = without_marker(sentence);
                if (!sources_.back().is_turn || is_statement(sentence)) sentences_.push_back({sentence, sources_.size() - 1});
            }
        };
        for (const auto& passage : request_.passages) add(passage.text, {passage.id, passage.title, false, false});
        for (std::size_t i = 0; question_turn_ && i < *question_turn_; ++i) {
            add(turns_[i], {turn_id(i), kTurnTitle, true, request_.messages[i].role == MessageRole::user});
        }
    }

    // The words of the question; of a follow-up ("and in winter?", "what does it cost?") also those of the turns before it, for less.
    WordWeights question_weights() const {
        WordWeights weights;
        add_question_words(weights, question_, 1);
        const bool follow_up = weights.size() < 2 || lower_question_.starts_with("and ") || lower_question_.starts_with("what about") || lower_question_.starts_with("how about") ||
                               has_any(lower_question_, {"it", "its", "that", "this", "they", "them", "their", "he", "she", "him", "her", "there", "those", "these"});
        if (!follow_up || !question_turn_) return weights;
        for (std::size_t i = *question_turn_, left = 1; i-- > 0 && left > 0;) {  // the question before
            if (request_.messages[i].role != MessageRole::user || turns_[i].empty()) continue;
            add_question_words(weights, turns_[i], 0.4);
            --left;
        }
        return weights;
    }

    // Indices of the sentences to quote, in reading order.
    std::vector<std::size_t> choose() const {
        std::vector<std::string_view> texts;
        for (const auto& sentence : sentences_) texts.push_back(sentence.text);
        const auto scores = SentenceRanking(texts).score(question_weights());
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            if (scores[i].coverage >= kMinCoverage) order.push_back(i);
        }
        std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return scores[i].value; });
        std::vector<std::size_t> chosen;
        for (const auto i : order) {
            if (chosen.size() == kMaxSentences || scores[i].value < scores[order.front()].value * kNearBest) break;
            const bool repeated = std::ranges::any_of(chosen, [&](std::size_t other) { return sentences_[other].text == sentences_[i].text; });
            if (!repeated) chosen.push_back(i);
        }
        std::ranges::sort(chosen);
        return chosen;
    }

    void quote(const std::vector<std::size_t>& chosen) {
        for (const auto i : chosen) {
            const auto& [sentence, source_index] = sentences_[i];
            const auto& source = sources_[source_index];
            auto cited = std::ranges::find(citations_, source.id, &Citation::passage_id);
            if (cited == citations_.end()) cited = citations_.insert(citations_.end(), {source.id, source.title, std::string(sentence)});
            else cited->quote += " " + std::string(sentence);
            if (!text_.empty()) text_ += ' ';
            if (source.is_turn) text_ += (source.by_user ? "You said earlier: “" : "I answered earlier: “") + std::string(sentence) + "”";
            else text_ += sentence;
            text_ += " [" + std::to_string(cited - citations_.begin() + 1) + "]";
        }
    }

    static std::string turn_id(std::size_t index) { return "turn-" + std::to_string(index + 1); }
    static constexpr const char* kTurnTitle = "This conversation";

    const Request& request_;
    std::vector<std::string> turns_;  // the text of each message
    std::optional<std::size_t> question_turn_;
    std::string question_, lower_question_;
    std::vector<Source> sources_;
    std::vector<Sentence> sentences_;
    std::string text_;
    std::vector<Citation> citations_;
};

}  // namespace

Answer extract_answer(const Request& request) { return Extraction(request).run(); }

Task<Answer> ExtractiveClient::stream(Request request, DeltaSink sink) {
    auto answer = extract_answer(request);
    const auto text = answer.text();
    for (std::size_t begin = 0; sink && begin < text.size();) {  // word by word, each with the space before it
        const auto end = std::min(text.find(' ', begin + 1), text.size());
        sink(TextDelta{std::string_view(text).substr(begin, end - begin)});
        begin = end;
    }
    co_return answer;
}

}  // namespace agentic::llm
