#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace agentic::knowledge {

/// Why no text came out of a file. The wire words are stable: they are stored with the document and shown to clients (docs/extraction.md).
/// `agentic-extract` ends with kFailureExit + the reason's number, so numbers do not change either.
enum class ExtractionFailure : std::uint8_t { unsupported_format, encrypted, no_text, malformed, too_large, time_limit, memory_limit, crashed };

inline constexpr int kFailureExit = 10;

namespace detail {
struct FailureWords {
    std::string_view word;
    std::string_view message;
};
inline constexpr std::array<FailureWords, 8> kFailureWords{{
    {"unsupported_format", "The file's format is not supported; PDF, DOCX, PPTX, XLSX, HTML, Markdown, CSV and plain text are"},
    {"encrypted", "The file is encrypted; remove its password and upload it again"},
    {"no_text", "The file holds no text; a scanned document needs a text layer (OCR) first"},
    {"malformed", "The file is damaged or not what it claims to be"},
    {"too_large", "The file's text is larger than the limit"},
    {"time_limit", "Reading the file took longer than the time limit"},
    {"memory_limit", "Reading the file took more memory than the limit"},
    {"crashed", "Reading the file failed; it may be damaged"},
}};
}  // namespace detail

constexpr std::string_view to_string(ExtractionFailure failure) { return detail::kFailureWords.at(static_cast<std::size_t>(failure)).word; }

/// One sentence for the person who uploaded the file.
constexpr std::string_view message_of(ExtractionFailure failure) { return detail::kFailureWords.at(static_cast<std::size_t>(failure)).message; }

}  // namespace agentic::knowledge
