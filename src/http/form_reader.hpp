#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/multipart.hpp"

namespace agentic::http {

/// Owns files of an upload directory: removes them when it dies.
class UploadedFiles {
public:
    UploadedFiles() = default;
    ~UploadedFiles();
    UploadedFiles(UploadedFiles&&) = default;
    UploadedFiles& operator=(UploadedFiles&&) = delete;

    void add(std::string path) { paths_.push_back(std::move(path)); }

private:
    std::vector<std::string> paths_;
};

/// Turns a multipart body into form parts: plain fields into memory, files into the upload directory (random names, mode 0600) with their
/// SHA-256. Writes files synchronously, so it runs on a work pool, never on an I/O thread.
class FormReader final : private PartSink {
public:
    /// Fails with bad_request (boundary).
    static Result<std::unique_ptr<FormReader>> create(std::string_view content_type, std::string directory, MultipartLimits limits = {});
    ~FormReader() override;

    /// Fails with bad_request, payload_too_large (plain fields), storage_full, internal_error.
    Result<void> feed(std::string_view bytes);
    Result<void> finish();

    std::vector<FormPart> take_parts() { return std::move(parts_); }
    UploadedFiles take_files() { return std::move(files_); }

private:
    struct OpenFile;

    FormReader(std::string_view boundary, std::string directory, MultipartLimits limits);
    Result<void> begin(PartHead head) override;
    Result<void> data(std::string_view bytes) override;
    Result<void> end() override;

    std::string directory_;
    MultipartLimits limits_;
    UploadedFiles files_;                // before the parser and the open file: closed first, then removed
    std::vector<FormPart> parts_;
    std::unique_ptr<OpenFile> open_file_;
    std::size_t text_bytes_ = 0;
    MultipartParser parser_;
};

/// Removes what a crash left in an upload directory: our files that are older than a day.
void remove_stale_uploads(const std::string& directory);

}  // namespace agentic::http
