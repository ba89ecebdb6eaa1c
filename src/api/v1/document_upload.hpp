#pragma once
#include "api/request_context.hpp"
#include "schemas/documents.hpp"
#include "services/knowledge/knowledge_service.hpp"

namespace agentic::api::v1 {

/// The files of a form and what comes with them, read strictly: `file` (and `file2` to `file20`), `title` (with one file only) and `metadata` once each at most, nothing else.
/// Fails with `validation_error` naming the parts.
struct UploadForm {
    std::vector<services::UploadedFile> files;
    services::DocumentNotes notes;
};
Result<UploadForm> read_upload(const std::vector<http::FormPart>& form);

/// The same from a JSON body.
Result<schemas::DocumentCreate> read_document(const http::Request& request);

}  // namespace agentic::api::v1
