#include "http/body_decoder.hpp"

#include <algorithm>
#include <charconv>

#include "http/grammar.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kLineMax = 1024;
constexpr std::size_t kOverheadMax = 8 << 10;  // of one message
constexpr std::size_t kSizeDigitsMax = 15;

// Takes a token or a quoted string off the front; false when there is neither.
bool take_word(std::string_view& text) {
    if (!text.starts_with('"')) {
        const auto end = std::ranges::find_if_not(text, is_token_char) - text.begin();
        text.remove_prefix(static_cast<std::size_t>(end));
        return end > 0;
    }
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
    }
    return false;
}

// *( BWS ";" BWS name [ BWS "=" BWS value ] ), RFC 9112 7.1.1
bool is_valid_extension(std::string_view text) {
    if (!is_field_value(text)) return false;
    while (!text.empty()) {
        text = trim_ows(text);
        if (!text.starts_with(';')) return false;
        text = trim_ows(text.substr(1));
        if (text.starts_with('"') || !take_word(text)) return false;
        const auto rest = trim_ows(text);
        if (!rest.starts_with('=')) continue;
        text = trim_ows(rest.substr(1));
        if (!take_word(text)) return false;
    }
    return true;
}

}  // namespace

void BodyDecoder::start(const Framing& framing) {
    remaining_ = framing.content_length;
    overhead_ = 0;
    line_.clear();
    state_ = framing.chunked ? State::size_line : remaining_ > 0 ? State::length : State::done;
}

BodyDecoder::Step BodyDecoder::refuse(std::string_view message) {
    failure_.message = message;
    return Step::failed;
}

BodyDecoder::Step BodyDecoder::take_data(std::string_view& in, std::string_view& piece) {
    if (in.empty()) return Step::need_more;
    piece = in.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size())));
    in.remove_prefix(piece.size());
    remaining_ -= piece.size();
    return Step::data;
}

BodyDecoder::Step BodyDecoder::next(std::string_view& in, std::string_view& piece) {
    if (state_ == State::done) return Step::complete;
    if (state_ != State::length) return next_chunked(in, piece);
    if (remaining_ > 0) return take_data(in, piece);
    state_ = State::done;
    return Step::complete;
}

BodyDecoder::Step BodyDecoder::next_chunked(std::string_view& in, std::string_view& piece) {
    while (state_ != State::done) {
        if (state_ == State::chunk_data && remaining_ > 0) return take_data(in, piece);
        if (state_ == State::chunk_data) state_ = State::chunk_end;
        bool complete = false;
        if (!take_line(in, complete)) return Step::failed;
        if (!complete) return Step::need_more;
        switch (state_) {
            case State::size_line:
                if (!parse_size_line()) return Step::failed;
                state_ = remaining_ > 0 ? State::chunk_data : State::trailer;
                break;
            case State::trailer:
                if (!parse_trailer()) return Step::failed;
                break;
            default: state_ = State::size_line;  // the CR LF after a chunk
        }
        line_.clear();
    }
    return Step::complete;
}

// Collects one line into line_, without its CR LF. False (with the failure noted) when it can no longer become a valid one.
bool BodyDecoder::take_line(std::string_view& in, bool& complete) {
    const auto lf = in.find('\n');
    const auto part = in.substr(0, lf);
    const std::size_t limit = state_ == State::chunk_end ? 1 : kLineMax;  // after chunk data only CR LF may come
    if (line_.size() + part.size() > limit) return refuse("Malformed chunk"), false;
    line_ += part;
    if (state_ == State::chunk_end && !line_.empty() && line_ != "\r") return refuse("A chunk is longer than its size says"), false;
    complete = lf != std::string_view::npos;
    in.remove_prefix(complete ? lf + 1 : in.size());
    if (!complete) return true;
    if (!line_.ends_with('\r')) return refuse("Lines end with CR LF"), false;
    line_.pop_back();
    return true;
}

bool BodyDecoder::parse_size_line() {
    const std::string_view line = line_;
    const auto digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
    if (digits == 0 || digits > kSizeDigitsMax) return refuse("Malformed chunk size"), false;
    std::from_chars(line.data(), line.data() + digits, remaining_, 16);
    overhead_ += line.size() - digits;
    if (overhead_ > kOverheadMax || !is_valid_extension(line.substr(digits))) return refuse("Malformed chunk extension"), false;
    return true;
}

bool BodyDecoder::parse_trailer() {
    if (line_.empty()) {
        state_ = State::done;
        return true;
    }
    overhead_ += line_.size();
    const auto field = split_field_line(line_);
    if (!field || overhead_ > kOverheadMax) return refuse("Malformed trailer"), false;
    for (const std::string_view framing : {"content-length", "transfer-encoding", "host"})
        if (equal_ignoring_case(field->first, framing)) return refuse("A trailer cannot frame the message"), false;
    return true;
}

}  // namespace agentic::http
