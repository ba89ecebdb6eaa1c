#include "services/runs/event_log.hpp"

#include <charconv>

#include "core/encoding.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {
namespace {

void append_delta_data(std::string& out, std::string_view text) {
    out += "{\"content\":";
    append_json_string(out, text);
    out += '}';
}

void append_group(std::string& out, std::string_view type, std::string_view sizes, std::string_view payload) {
    out.append(type).append(" ").append(sizes).append("\n").append(payload).append("\n");
}

bool is_delta(std::string_view type) { return type == "token" || type == "thinking"; }

/// Takes a size and the separator behind it.
bool take_size(std::string_view& text, std::size_t& size) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc{} || end == text.data() + text.size()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

void EventLog::delta(std::string_view type, std::string_view text) {
    if (text.empty()) return;
    std::string clean;
    if (text.contains('\0')) {
        clean = without_nul(text);
        text = clean;
    }
    if (group_type_ != type) {
        close_group();
        group_type_ = type;
    }
    if (!group_cuts_.empty()) group_cuts_ += ' ';
    group_cuts_ += std::to_string(text.size());
    group_text_ += text;
    scratch_.clear();
    append_delta_data(scratch_, text);
    bytes_ += scratch_.size();
    channel_.append(next_++, type, scratch_);
}

void EventLog::event(std::string_view type, std::string_view data) {
    close_group();
    append_group(body_, type, std::to_string(data.size()), data);
    bytes_ += data.size();
    channel_.append(next_++, type, data);
}

void EventLog::held(std::string_view type, std::string_view data) {
    close_group();
    if (held_.empty()) body_before_held_ = body_.size();
    append_group(body_, type, std::to_string(data.size()), data);
    held_.push_back({next_++, std::string(type), std::string(data)});
}

EventSegment EventLog::segment() const {
    EventSegment segment{.first_sequence = segment_first_, .last_sequence = next_ - 1, .body = body_};
    if (!group_cuts_.empty()) append_group(segment.body, group_type_, group_cuts_, group_text_);
    return segment;
}

void EventLog::release() {
    for (const auto& event : held_) channel_.append(event.sequence, event.type, event.data);
    held_.clear();
    body_.clear();
    group_type_.clear();
    group_cuts_.clear();
    group_text_.clear();
    segment_first_ = next_;
}

void EventLog::drop_held() {
    if (held_.empty()) return;
    next_ = held_.front().sequence;
    body_.resize(body_before_held_);
    held_.clear();
}

void EventLog::close_group() {
    if (group_cuts_.empty()) return;
    append_group(body_, group_type_, group_cuts_, group_text_);
    group_type_.clear();
    group_cuts_.clear();
    group_text_.clear();
}

bool read_segment(const EventSegment& segment, const std::function<void(const StoredEvent&)>& each) {
    std::string_view rest = segment.body;
    std::int64_t sequence = segment.first_sequence;
    std::vector<std::size_t> sizes;
    std::string scratch;
    while (!rest.empty()) {
        const auto space = rest.find(' ');
        if (space == std::string_view::npos) return false;
        const auto type = rest.substr(0, space);
        rest.remove_prefix(space);
        sizes.clear();
        while (rest.starts_with(' ')) {
            rest.remove_prefix(1);
            if (!take_size(rest, sizes.emplace_back())) return false;
        }
        if (sizes.empty() || !rest.starts_with('\n')) return false;
        rest.remove_prefix(1);
        for (const auto size : sizes) {
            if (size > rest.size()) return false;
            auto data = rest.substr(0, size);
            rest.remove_prefix(size);
            if (is_delta(type)) {
                scratch.clear();
                append_delta_data(scratch, data);
                data = scratch;
            }
            each({sequence++, type, data});
        }
        if (!rest.starts_with('\n')) return false;
        rest.remove_prefix(1);
    }
    return sequence == segment.last_sequence + 1;
}

bool append_frames(std::string& out, const EventSegment& segment, std::int64_t after) {
    return read_segment(segment, [&](const StoredEvent& event) {
        if (event.sequence > after) append_sse_frame(out, event.sequence, event.type, event.data);
    });
}

}  // namespace agentic::services
