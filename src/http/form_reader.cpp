#include "http/form_reader.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <new>
#include <system_error>

#include "core/encoding.hpp"
#include "core/random.hpp"

namespace agentic::http {
namespace {

constexpr std::string_view kPrefix = "upload-";

std::unexpected<Error> storage_failure(std::string_view operation, int error) {
    const bool is_full = error == ENOSPC || error == EDQUOT;
    return fail(is_full ? ErrorCode::storage_full : ErrorCode::internal_error, is_full ? "The server has no room for this upload" : "The upload could not be stored",
                std::string(operation) + ": " + std::strerror(error));
}

}  // namespace

UploadedFiles::~UploadedFiles() {
    for (const auto& path : paths_) ::unlink(path.c_str());   // gone already when a handler has moved it away
}

/// A file being received.
struct FormReader::OpenFile {
    explicit OpenFile(int descriptor) : fd(descriptor), digest(::EVP_MD_CTX_new()) {
        if (digest == nullptr || ::EVP_DigestInit_ex(digest, ::EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
    }
    ~OpenFile() {
        ::close(fd);
        ::EVP_MD_CTX_free(digest);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    Result<void> write(std::string_view bytes) {
        ::EVP_DigestUpdate(digest, bytes.data(), bytes.size());
        while (!bytes.empty()) {
            const auto n = ::write(fd, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return storage_failure("write", errno);
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }
    std::string sha256_hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
        unsigned size = 0;
        ::EVP_DigestFinal_ex(digest, hash.data(), &size);
        return hex_encode({reinterpret_cast<const char*>(hash.data()), size});
    }

    int fd;
    EVP_MD_CTX* digest;
};

Result<std::unique_ptr<FormReader>> FormReader::create(std::string_view content_type, std::string directory, MultipartLimits limits) {
    AGENTIC_TRY(const auto boundary, multipart_boundary(content_type));
    return std::unique_ptr<FormReader>(new FormReader(boundary, std::move(directory), limits));
}

FormReader::FormReader(std::string_view boundary, std::string directory, MultipartLimits limits)
    : directory_(std::move(directory)), limits_(limits), parser_(boundary, limits, *this) {}

FormReader::~FormReader() = default;

Result<void> FormReader::feed(std::string_view bytes) { return parser_.feed(bytes); }
Result<void> FormReader::finish() { return parser_.finish(); }

Result<void> FormReader::begin(PartHead head) {
    auto& part = parts_.emplace_back();
    part.name = std::move(head.name);
    part.file_name = std::move(head.file_name);
    part.content_type = std::move(head.content_type);
    if (!part.file_name) return {};
    auto path = directory_ + "/" + std::string(kPrefix) + random_token(16);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return storage_failure("open", errno);
    open_file_ = std::make_unique<OpenFile>(fd);
    files_.add(path);
    part.path = std::move(path);
    return {};
}

Result<void> FormReader::data(std::string_view bytes) {
    auto& part = parts_.back();
    part.size += bytes.size();
    if (open_file_) return open_file_->write(bytes);
    text_bytes_ += bytes.size();
    if (text_bytes_ > limits_.text_bytes) return fail(ErrorCode::payload_too_large, "The text fields of the form are too large");
    part.text.append(bytes);
    return {};
}

Result<void> FormReader::end() {
    auto& part = parts_.back();
    if (open_file_) {
        part.sha256_hex = open_file_->sha256_hex();
        open_file_.reset();
    } else if (!is_valid_utf8(part.text)) {
        return fail(ErrorCode::bad_request, "A text field of the form is not UTF-8");
    }
    return {};
}

void remove_stale_uploads(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code error;
    const auto limit = fs::file_time_type::clock::now() - std::chrono::hours(24);
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        if (!entry->path().filename().string().starts_with(kPrefix) || !entry->is_regular_file(ignored)) continue;
        const auto written = entry->last_write_time(ignored);
        if (!ignored && written < limit) fs::remove(entry->path(), ignored);
    }
}

}  // namespace agentic::http
