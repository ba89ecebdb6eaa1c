#include "knowledge/extract_result.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/encoding.hpp"
#include "knowledge/extract_wire.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::uint8_t kLastKind = static_cast<std::uint8_t>(BlockKind::footnote);
constexpr std::uint8_t kHeadingLevels = 6;

std::unexpected<Error> refuse(std::string what) { return fail(ErrorCode::internal_error, "Reading the file failed", "extraction result: " + std::move(what)); }

/// Takes `size` bytes off the front; the caller has checked that they are there.
std::string_view take(std::string_view& bytes, std::size_t size) {
    const auto piece = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return piece;
}

bool is_clean(std::string_view text) {
    const auto control = [](char c) { return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7F; };
    return std::ranges::none_of(text, control) && is_valid_utf8(text);
}

bool is_white(std::string_view text) { return text.find_first_not_of(" \n") == std::string_view::npos; }

/// Why a block cannot be, or nothing. `reached` is where the one before ends.
std::string_view fault_of(const wire::ResultBlock& row, std::size_t reached, std::string_view text) {
    if (row.kind > kLastKind) return "an unknown kind of block";
    if (row.level > kHeadingLevels || (row.level > 0) != (row.kind == static_cast<std::uint8_t>(BlockKind::heading))) return "a wrong heading level";
    if (row.begin < reached || row.end <= row.begin || row.end > text.size()) return "a block out of place";
    const auto inside_character = [&](std::size_t at) { return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    if (inside_character(row.begin) || inside_character(row.end)) return "a block that cuts a character";
    if (!is_white(text.substr(reached, row.begin - reached))) return "text between blocks";
    return {};
}

Result<std::vector<TextBlock>> read_blocks(std::string_view bytes, std::uint32_t page_count, std::string_view text) {
    std::vector<TextBlock> blocks;
    blocks.reserve(bytes.size() / sizeof(wire::ResultBlock));
    std::size_t reached = 0;
    while (!bytes.empty()) {
        wire::ResultBlock row;
        std::memcpy(&row, take(bytes, sizeof row).data(), sizeof row);
        if (const auto fault = fault_of(row, reached, text); !fault.empty()) return refuse(std::string(fault));
        if (row.page > page_count) return refuse("a page that is not there");
        reached = row.end;
        blocks.push_back({.kind = static_cast<BlockKind>(row.kind), .level = row.level, .page = row.page, .begin = row.begin, .end = row.end});
    }
    if (!is_white(text.substr(reached))) return refuse("text behind the blocks");
    return blocks;
}

}  // namespace

Result<ExtractedDocument> read_extract_result(std::string_view bytes) {
    wire::ResultHead head;
    if (bytes.size() < sizeof head) return refuse("cut short");
    std::memcpy(&head, take(bytes, sizeof head).data(), sizeof head);
    if (head.magic != wire::kResult) return refuse("no result");
    if (head.text_bytes > wire::kTextBytesMax || head.block_count > wire::kBlocksMax) return refuse("too large");
    if (std::ranges::any_of(head.string_bytes, [](std::size_t size) { return size > wire::kStringBytesMax; })) return refuse("a string too long");
    const std::size_t strings = std::accumulate(std::begin(head.string_bytes), std::end(head.string_bytes), std::size_t{0});
    if (bytes.size() != strings + head.block_count * sizeof(wire::ResultBlock) + head.text_bytes) return refuse("a size that does not add up");

    ExtractedDocument out;
    out.page_count = head.page_count;
    std::string* const named[] = {&out.media_type, &out.title, &out.author, &out.language};
    for (std::size_t i = 0; i < 4; ++i) {
        *named[i] = take(bytes, head.string_bytes[i]);
        if (!is_clean(*named[i]) || named[i]->contains('\n')) return refuse("a string that is no line of text");
    }
    const auto rows = take(bytes, head.block_count * sizeof(wire::ResultBlock));
    if (!is_clean(bytes)) return refuse("text with control characters or not in UTF-8");
    AGENTIC_TRY(out.blocks, read_blocks(rows, head.page_count, bytes));
    out.text = bytes;
    return out;
}

}  // namespace agentic::knowledge
