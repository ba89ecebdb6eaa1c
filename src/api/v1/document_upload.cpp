#include "api/v1/document_upload.hpp"

#include <algorithm>
#include <charconv>

#include "core/encoding.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::size_t kFilesMax = 20;

/// `file`, `file2`, ... `file20`: the names of a form's parts are unique.
bool is_file_name(std::string_view name) {
    if (name == "file") return true;
    if (!name.starts_with("file")) return false;
    name.remove_prefix(4);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    return error == std::errc() && end == name.data() + name.size() && name.front() != '0' && number >= 2 && number <= kFilesMax;
}

/// `title` and `metadata` of the form as the JSON object they stand for, so that the same rules read them.
Result<schemas::DocumentNotes> read_notes(const http::FormPart* title, const http::FormPart* metadata) {
    std::string json = "{";
    if (title != nullptr && !title->text.empty()) {
        json += "\"title\":";
        append_json_string(json, title->text);
    }
    if (metadata != nullptr && !metadata->text.empty()) json.append(json.size() > 1 ? "," : "").append("\"metadata\":").append(metadata->text);
    json += '}';
    auto notes = schema::Codec<schemas::DocumentNotes>::parse(json);
    if (!notes && notes.error().code == ErrorCode::bad_request) return fail_validation({{"metadata", "must be a JSON object"}});
    return notes;
}

}  // namespace

Result<UploadForm> read_upload(const std::vector<http::FormPart>& form) {
    UploadForm upload;
    const http::FormPart* title = nullptr;
    const http::FormPart* metadata = nullptr;
    Violations violations;
    const auto once = [&](const http::FormPart*& slot, const http::FormPart& part) {
        if (slot != nullptr) violations.push_back({part.name, "must be given once"});
        else if (part.file_name) violations.push_back({part.name, "must be a text field, not a file"});
        else slot = &part;
    };
    for (const auto& part : form) {
        if (part.name == "title") once(title, part);
        else if (part.name == "metadata") once(metadata, part);
        else if (is_file_name(part.name) && part.file_name) {
            upload.files.push_back({part.path, *part.file_name, part.content_type, static_cast<std::int64_t>(part.size), part.sha256_hex});
        } else if (is_file_name(part.name)) violations.push_back({part.name, "must be a file"});
        else violations.push_back({"form", "has a part that this route does not know; file, file2 to file20, title and metadata are known"});
    }
    if (upload.files.empty()) violations.push_back({"file", "is required"});
    if (upload.files.size() > 1 && title != nullptr) violations.push_back({"title", "must not be given with several files"});
    if (std::ranges::contains(upload.files, 0, &services::UploadedFile::size_bytes)) violations.push_back({"file", "must not be empty"});
    if (!violations.empty()) return fail_validation(std::move(violations));
    AGENTIC_TRY(auto notes, read_notes(title, metadata));
    upload.notes = {std::move(notes.title), std::move(notes.metadata)};
    return upload;
}

Result<schemas::DocumentCreate> read_document(const http::Request& request) {
    AGENTIC_CHECK(require_json(request));
    return schema::Codec<schemas::DocumentCreate>::parse(request.body);
}

}  // namespace agentic::api::v1
