#pragma once
#include <cstddef>
#include <string>

#include "async/types.hpp"

namespace agentic::services {

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
