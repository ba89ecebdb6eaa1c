#pragma once
#include "api/request_context.hpp"
#include "db/repositories/documents.hpp"
#include "schemas/documents.hpp"

namespace agentic::api::v1 {

/// The text of the indexed version, put together from its chunks, or the file as it was uploaded; streamed. Never shown as a page of ours: text is text/plain, a
/// file is a download. Fails with `not_found` when there is none. What cannot be sent to its end is cut off: a text, when it is replaced or deleted meanwhile.
Task<http::Response> content_response(RequestContext& ctx, const db::DocumentRow& document, schemas::ContentForm form);

}  // namespace agentic::api::v1
