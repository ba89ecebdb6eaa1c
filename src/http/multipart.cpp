#include "http/multipart.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/encoding.hpp"
#include "http/grammar.hpp"
#include "http/head_parser.hpp"
#include "http/parameters.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kBoundaryMax = 70;   // RFC 2046 5.1.1
constexpr std::size_t kNameMax = 255;
constexpr std::size_t kFileNameMax = 1024;

std::unexpected<Error> malformed(std::string_view what) { return fail(ErrorCode::bad_request, "Malformed multipart body: " + std::string(what)); }

bool is_plain_text(std::string_view text, std::size_t size_max) {
    return text.size() <= size_max && is_field_value(text) && is_valid_utf8(text);
}

Result<void> read_disposition(std::string_view value, PartHead& head) {
    const auto disposition = parse_parameters(value);
    if (!disposition || !equal_ignoring_case(disposition->value, "form-data") || !disposition->is_unambiguous())
        return malformed("a part has no clear Content-Disposition");
    if (disposition->find("filename*")) return malformed("filename* is not allowed in forms");
    const auto* name = disposition->find("name");
    if (name == nullptr || name->empty() || !is_plain_text(*name, kNameMax)) return malformed("a part has no usable name");
    head.name = *name;
    const auto* file_name = disposition->find("filename");
    if (file_name == nullptr) return {};
    if (!is_plain_text(*file_name, kFileNameMax)) return malformed("a file name is not usable");
    head.file_name = *file_name;
    return {};
}

bool is_identity(std::string_view encoding) {
    return std::ranges::any_of(std::array<std::string_view, 3>{"7bit", "8bit", "binary"}, [&](auto known) { return equal_ignoring_case(encoding, known); });
}

}  // namespace

bool is_multipart(std::string_view content_type) {
    constexpr std::string_view kType = "multipart/form-data";
    return content_type.size() >= kType.size() && equal_ignoring_case(content_type.substr(0, kType.size()), kType);
}

Result<std::string> multipart_boundary(std::string_view content_type) {
    const auto type = parse_parameters(content_type);
    const auto* boundary = type && type->is_unambiguous() ? type->find("boundary") : nullptr;
    const auto allowed = [](char c) { return is_token_char(c) || std::string_view("()/:=?, ").contains(c); };
    if (boundary == nullptr || boundary->empty() || boundary->size() > kBoundaryMax || boundary->ends_with(' ') || !std::ranges::all_of(*boundary, allowed))
        return malformed("the boundary is missing or malformed");
    return *boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, MultipartLimits limits, PartSink& sink)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits), sink_(sink) {}

Result<void> MultipartParser::feed(std::string_view bytes) {
    pending_.append(bytes);
    while (true) {
        AGENTIC_TRY(const bool advanced, step());
        if (!advanced) break;
    }
    pending_.erase(0, std::exchange(position_, 0));
    return {};
}

Result<void> MultipartParser::finish() const {
    if (state_ != State::epilogue) return malformed("it ends before its closing boundary");
    return {};
}

Result<bool> MultipartParser::step() {
    switch (state_) {
        case State::preamble: return skip_preamble();
        case State::delimiter_end: return end_delimiter();
        case State::head: return read_head();
        case State::data: return read_data();
        case State::epilogue: position_ = pending_.size(); return false;   // bounded by the body limit, and of no meaning
    }
    return false;
}

Result<bool> MultipartParser::skip_preamble() {
    const auto text = std::string_view(pending_);
    const std::size_t offset = text.starts_with("\r\n\r\n") ? 2 : 0;   // one empty line before the first boundary
    const auto start = text.substr(offset, delimiter_.size());
    if (!delimiter_.starts_with(start) && text != "\r\n\r") return malformed("it does not start with its boundary");
    if (start.size() < delimiter_.size()) return false;
    position_ = offset + delimiter_.size();
    state_ = State::delimiter_end;
    return true;
}

// After a delimiter: CR LF and a part, or `--` and the end. Spaces may pad the line (RFC 2046).
Result<bool> MultipartParser::end_delimiter() {
    auto rest = std::string_view(pending_).substr(position_);
    const auto padding = std::min(rest.find_first_not_of(" \t"), rest.size());
    if (padding > limits_.head_bytes) return malformed("a boundary line is too long");
    rest.remove_prefix(padding);
    if (rest.size() < 2) return false;
    const bool is_last = padding == 0 && rest.starts_with("--");
    if (!is_last && !rest.starts_with("\r\n")) return malformed("text follows a boundary");
    if (!is_last && names_.size() == limits_.parts) return malformed("too many parts");
    position_ += padding + (is_last ? 2 : 0);   // the CR LF stays: every line of a part's head is read as preceded by one
    state_ = is_last ? State::epilogue : State::head;
    return true;
}

Result<bool> MultipartParser::read_head() {
    const auto rest = std::string_view(pending_).substr(position_);
    const auto end = rest.find("\r\n\r\n");
    const bool complete = end != std::string_view::npos;
    // Up to three bytes of the end may be there already: how the body is cut must not decide.
    if ((complete ? end : rest.size()) > limits_.head_bytes + (complete ? 0 : 3)) return malformed("the head of a part is too large");
    if (!complete) return false;
    AGENTIC_TRY(auto head, parse_head(rest.substr(0, end)));
    AGENTIC_CHECK(sink_.begin(std::move(head)));
    position_ += end + 4;
    state_ = State::data;
    return true;
}

Result<PartHead> MultipartParser::parse_head(std::string_view text) {
    PartHead head;
    int dispositions = 0;
    int types = 0;
    while (!text.empty()) {
        text.remove_prefix(2);   // every line is preceded by CR LF here
        const auto line = text.substr(0, text.find("\r\n"));
        text.remove_prefix(line.size());
        const auto field = split_field_line(line);
        if (!field) return malformed("a field of a part is malformed");
        const auto [name, value] = *field;
        if (equal_ignoring_case(name, "content-disposition")) {
            ++dispositions;
            AGENTIC_CHECK(read_disposition(value, head));
        } else if (equal_ignoring_case(name, "content-type")) {
            ++types;
            head.content_type = value;
        } else if (equal_ignoring_case(name, "content-transfer-encoding") && !is_identity(value)) {
            return malformed("transfer encodings are not allowed in forms");
        }
    }
    if (dispositions != 1 || types > 1) return malformed("a part has no clear Content-Disposition");
    if (!head.name.ends_with("[]") && std::ranges::contains(names_, head.name)) return malformed("two parts have the same name");
    names_.push_back(head.name);
    return head;
}

Result<bool> MultipartParser::read_data() {
    const auto rest = std::string_view(pending_).substr(position_);
    const auto found = rest.find(delimiter_);
    const auto keep = found == std::string_view::npos ? std::min(rest.size(), delimiter_.size() - 1) : 0;
    const auto payload = rest.substr(0, found == std::string_view::npos ? rest.size() - keep : found);
    if (!payload.empty()) AGENTIC_CHECK(sink_.data(payload));
    position_ += payload.size();
    if (found == std::string_view::npos) return false;
    AGENTIC_CHECK(sink_.end());
    position_ += delimiter_.size();
    state_ = State::delimiter_end;
    return true;
}

}  // namespace agentic::http
