#include "extract/result_writer.hpp"

#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <vector>

#include "knowledge/extract_wire.hpp"

namespace agentic::extract {
namespace {

namespace wire = knowledge::wire;

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

template <class T>
std::string_view bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

bool write_result(int descriptor, const knowledge::ExtractedDocument& document) {
    wire::ResultHead head;
    head.page_count = document.page_count;
    head.block_count = static_cast<std::uint32_t>(document.blocks.size());
    head.text_bytes = static_cast<std::uint32_t>(document.text.size());
    const std::string_view strings[] = {document.media_type, document.title, document.author, document.language};
    for (std::size_t i = 0; i < 4; ++i) head.string_bytes[i] = static_cast<std::uint16_t>(strings[i].size());
    std::string out(bytes_of(head));
    for (const auto text : strings) out += text;
    out.reserve(out.size() + document.blocks.size() * sizeof(wire::ResultBlock));
    for (const auto& block : document.blocks) {
        wire::ResultBlock row;
        row.begin = static_cast<std::uint32_t>(block.begin);
        row.end = static_cast<std::uint32_t>(block.end);
        row.page = block.page;
        row.kind = static_cast<std::uint8_t>(block.kind);
        row.level = block.level;
        out += bytes_of(row);
    }
    return write_all(descriptor, out) && write_all(descriptor, document.text);
}

}  // namespace agentic::extract
