#include "api/v1/document_content.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "api/services.hpp"
#include "core/encoding.hpp"
#include "db/repositories/chunks.hpp"
#include "services/knowledge/blob_store.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::int64_t kChunksPerPiece = 100;
constexpr std::size_t kBytesPerPiece = 256u << 10;

/// A body that has begun cannot become an error any more: it is cut off instead, so that nobody takes it for the whole.
[[noreturn]] void cut_off(const std::string& why) { throw std::runtime_error("A document's content was cut off: " + why); }

/// Chunks overlap, and leave out the white space between paragraphs: what they share is sent once, what they leave out is put back.
class TextBody final : public http::BodyStream {
public:
    TextBody(db::Executor& db, TenantScope tenant, const db::DocumentRow& document)
        : db_(db), tenant_(tenant), version_{document.id, document.indexed_version}, chunks_(document.indexed_chunks) {}

    Awaitable<std::optional<std::string>> next() override {
        if (sequence_ == chunks_) co_return std::nullopt;
        const auto chunks = co_await db::ChunkRepository(db_).range(tenant_, version_, sequence_, kChunksPerPiece);
        if (!chunks) cut_off(chunks.error().public_message);
        if (chunks->empty()) cut_off("it was replaced or deleted");
        std::string piece;
        for (const auto& chunk : *chunks) append(piece, chunk);
        sequence_ = chunks->back().sequence_number + 1;
        co_return piece;
    }

private:
    void append(std::string& piece, const db::ChunkRow& chunk) {
        if (chunk.byte_begin > end_ && end_ > 0) piece += chunk.byte_begin == end_ + 1 ? std::string(" ") : std::string(static_cast<std::size_t>(chunk.byte_begin - end_), '\n');
        const auto known = std::max<std::int64_t>(0, end_ - chunk.byte_begin);
        if (known < std::ssize(chunk.text)) piece.append(chunk.text, static_cast<std::size_t>(known));
        end_ = std::max(end_, chunk.byte_end);
    }

    db::Executor& db_;
    TenantScope tenant_;
    db::DocumentVersion version_;   // the one it began with
    std::int64_t chunks_;
    std::int64_t sequence_ = 0;
    std::int64_t end_ = 0;
};

class FileBody final : public http::BodyStream {
public:
    explicit FileBody(std::unique_ptr<services::BlobReader> file) : file_(std::move(file)) {}

    Awaitable<std::optional<std::string>> next() override {
        auto piece = co_await file_->read(offset_, kBytesPerPiece);
        if (!piece) cut_off(piece.error().internal_context);
        if (piece->empty()) co_return std::nullopt;
        offset_ += piece->size();
        co_return *std::move(piece);
    }

private:
    const std::unique_ptr<services::BlobReader> file_;
    std::uint64_t offset_ = 0;
};

}  // namespace

Task<http::Response> content_response(RequestContext& ctx, const db::DocumentRow& document, schemas::ContentForm form) {
    http::Response response{.status = 200};
    response.headers.add("x-content-type-options", "nosniff");
    response.headers.add("content-security-policy", "default-src 'none'; sandbox");
    if (form == schemas::ContentForm::text) {
        if (document.indexed_version == 0) co_return fail_not_found("Text of the document");
        response.headers.add("content-type", "text/plain; charset=utf-8");
        response.stream = std::make_unique<TextBody>(ctx.services.db, ctx.op.tenant, document);
        co_return response;
    }
    if (!document.blob) co_return fail_not_found("File of the document");
    AGENTIC_CO_TRY(auto file, co_await ctx.services.blobs->open(*document.blob));
    response.headers.add("content-length", std::to_string(file->size()));
    response.headers.add("content-type", "application/octet-stream");
    response.headers.add("content-disposition", "attachment; filename*=UTF-8''" + percent_encode(document.file_name.value_or(document.title)));
    response.stream = std::make_unique<FileBody>(std::move(file));
    co_return response;
}

}  // namespace agentic::api::v1
