#include "extract/zip_package.hpp"

#include <algorithm>

#include "extract/failed.hpp"

namespace agentic::extract {
namespace {

using knowledge::ExtractionFailure;

constexpr std::size_t kInflatedMax = std::size_t{256} << 20;
constexpr std::size_t kPieceBytes = 256 << 10;

struct CloseFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

}  // namespace

ZipPackage::ZipPackage(std::string_view bytes) : budget_(kInflatedMax) {
    zip_error_t error;
    zip_error_init(&error);
    auto* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    if (source != nullptr) archive_.reset(zip_open_from_source(source, ZIP_RDONLY, &error));
    if (!archive_) {
        if (source != nullptr) zip_source_free(source);
        fail_with(ExtractionFailure::malformed);
    }
}

bool ZipPackage::has(const std::string& name) const { return zip_name_locate(archive_.get(), name.c_str(), ZIP_FL_ENC_GUESS) >= 0; }

std::optional<std::string> ZipPackage::read(const std::string& name) {
    const auto index = zip_name_locate(archive_.get(), name.c_str(), ZIP_FL_ENC_GUESS);
    if (index < 0) return std::nullopt;
    zip_stat_t stat;
    zip_stat_init(&stat);
    if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(index), 0, &stat) != 0) fail_with(ExtractionFailure::malformed);
    if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && stat.encryption_method != ZIP_EM_NONE) fail_with(ExtractionFailure::encrypted);
    const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(archive_.get(), static_cast<zip_uint64_t>(index), 0));
    if (!file) fail_with(ExtractionFailure::malformed);
    std::string out;   // grows with what is really there: the size in the directory is only a claim
    while (true) {
        const auto before = out.size();
        out.resize(before + kPieceBytes);
        const auto got = zip_fread(file.get(), out.data() + before, kPieceBytes);
        if (got < 0) fail_with(ExtractionFailure::malformed);
        out.resize(before + static_cast<std::size_t>(got));
        if (static_cast<std::size_t>(got) > budget_) fail_with(ExtractionFailure::too_large);
        budget_ -= static_cast<std::size_t>(got);
        if (got == 0) return out;
    }
}

}  // namespace agentic::extract
