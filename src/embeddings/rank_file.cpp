// The file of ranks as OpenAI publishes it.
#include <charconv>
#include <format>
#include <unordered_set>

#include "core/encoding.hpp"
#include "embeddings/byte_pairs.hpp"
#include "embeddings/mapped_file.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kFileBytesMax = 64U << 20;
constexpr std::size_t kPieceBytesMax = 255;

std::unexpected<Error> wrong(std::size_t line, std::string_view why) { return fail(ErrorCode::bad_request, std::format("line {} of the ranks {}", line, why)); }

bool read_rank(std::string_view text, std::int32_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out >= 0 && out < INT32_MAX;
}

}  // namespace

Result<std::vector<RankedPiece>> parse_ranks(std::string_view file) {
    std::vector<RankedPiece> out;
    std::unordered_set<std::string> seen_pieces;
    std::unordered_set<std::int32_t> seen_ranks;
    std::size_t single_bytes = 0;
    for (std::size_t number = 1; !file.empty(); ++number) {
        const auto end = std::min(file.find('\n'), file.size());
        const auto line = file.substr(0, end);
        file.remove_prefix(std::min(end + 1, file.size()));
        if (line.empty()) continue;
        const auto space = line.find(' ');
        auto bytes = base64_decode(line.substr(0, space));
        std::int32_t rank = 0;
        if (space == std::string_view::npos || !bytes || bytes->empty() || bytes->size() > kPieceBytesMax) return wrong(number, "has no piece in base64 before a space");
        if (!read_rank(line.substr(space + 1), rank)) return wrong(number, "has no rank behind its space");
        if (!seen_ranks.insert(rank).second || !seen_pieces.insert(*bytes).second) return wrong(number, "repeats a rank or a piece");
        single_bytes += bytes->size() == 1;
        out.push_back({*std::move(bytes), rank});
    }
    if (single_bytes != 256) return fail(ErrorCode::bad_request, "the ranks have not every single byte");
    return out;
}

Result<std::vector<RankedPiece>> read_ranks(const std::filesystem::path& path) {
    AGENTIC_TRY(const auto file, MappedFile::open(path));
    const auto bytes = file.bytes();
    if (bytes.size() > kFileBytesMax) return fail(ErrorCode::bad_request, std::format("{} is too large for a file of ranks", path.string()));
    return parse_ranks({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace agentic::embeddings
