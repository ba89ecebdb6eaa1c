#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "async/types.hpp"
#include "knowledge/document.hpp"
#include "knowledge/extraction_failure.hpp"

namespace agentic::knowledge {

/// Makes text of files that nobody trusts.
class DocumentExtractor {
public:
    virtual ~DocumentExtractor() = default;

    /// The text of `file`. `file_name` is what the uploader called it and `declared_type` the MIME type that came with it; both only break ties between
    /// text formats. Fails with extraction_error() where the file is to blame, with `unavailable` where the server is. To cancel it, cancel the awaiting
    /// coroutine: it then fails with `cancelled` within milliseconds, and whatever read the file is gone.
    virtual Task<ExtractedDocument> extract(std::filesystem::path file, std::string file_name, std::string declared_type) = 0;
};

/// 400 with the failure's sentence; its stable word is the issue of the violation of field "file".
[[nodiscard]] std::unexpected<Error> extraction_error(ExtractionFailure failure, std::string internal_context = {});

/// The failure that an error of extraction_error() tells of; nullopt for every other error, which may pass on another attempt.
std::optional<ExtractionFailure> extraction_failure_of(const Error& error);

}  // namespace agentic::knowledge
