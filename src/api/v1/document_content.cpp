#include "api/v1/document_content.hpp"

#include <memory>
#include <utility>

#include "api/services.hpp"
#include "core/encoding.hpp"
#include "db/repositories/chunks.hpp"
#include "services/knowledge/blob_store.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::int64_t kChunksPerPiece = 100;
constexpr std::size_t kBytesPerPiece = 256u << 10;

/// Chunks overlap, and leave out the white space between paragraphs: what they share is sent once, what they leave out is put back.
class TextBody final : public http::BodyStream {
public:
    TextBody(db::Executor& db, TenantScope tenant, Uuid document_id) : db_(db), tenant_(tenant), document_id_(document_id) {}

    Awaitable<std::optional<std::string>> next() override {
        const auto chunks = co_await db::ChunkRepository(db_).range(tenant_, document_id_, sequence_, kChunksPerPiece);
        if (!chunks || chunks->empty()) co_return std::nullopt;
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
    Uuid document_id_;
    std::int64_t sequence_ = 0;
    std::int64_t end_ = 0;
};

class FileBody final : public http::BodyStream {
public:
    FileBody(services::BlobStore& blobs, std::string blob) : blobs_(blobs), blob_(std::move(blob)) {}

    Awaitable<std::optional<std::string>> next() override {
        auto piece = co_await blobs_.read_piece(blob_, offset_, kBytesPerPiece);
        if (!piece || piece->empty()) co_return std::nullopt;
        offset_ += piece->size();
        co_return *std::move(piece);
    }

private:
    services::BlobStore& blobs_;
    std::string blob_;
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
        response.stream = std::make_unique<TextBody>(ctx.services.db, ctx.op.tenant, document.id);
        co_return response;
    }
    if (!document.blob) co_return fail_not_found("File of the document");
    response.headers.add("content-type", "application/octet-stream");
    response.headers.add("content-disposition", "attachment; filename*=UTF-8''" + percent_encode(document.file_name.value_or(document.title)));
    response.stream = std::make_unique<FileBody>(*ctx.services.blobs, *document.blob);
    co_return response;
}

}  // namespace agentic::api::v1
