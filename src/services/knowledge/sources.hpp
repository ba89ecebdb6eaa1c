#pragma once
#include <cstddef>
#include <string>

#include "async/types.hpp"
#include "knowledge/document.hpp"

namespace agentic::services {

/// Turns one untrusted file into text, somewhere that it can do no harm.
class DocumentReader {
public:
    virtual ~DocumentReader() = default;
    /// `file_name` and `declared_type` are hints; the bytes decide. A file that will never give text fails with a code that says so (`bad_request`,
    /// `unsupported_media_type`, `payload_too_large`), anything that may pass with `unavailable` or `internal_error`.
    virtual Task<knowledge::ExtractedDocument> read(std::string path, std::string file_name, std::string declared_type) = 0;
};

/// A file from another server.
struct FetchedFile {
    std::string bytes;
    std::string media_type;   // as declared; "" when it was not
    std::string url;          // where it came from in the end
};

/// Gets documents by URL, through the guarded outbound client.
class UrlFetcher {
public:
    virtual ~UrlFetcher() = default;
    /// Fails with `bad_request` (the URL, or an answer that will not change), `forbidden` (address refused), `payload_too_large`, `upstream_error`,
    /// `deadline_exceeded`.
    virtual Task<FetchedFile> fetch(std::string url, std::size_t limit) = 0;
};

}  // namespace agentic::services
