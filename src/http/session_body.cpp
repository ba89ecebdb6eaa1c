// The part of a connection that reads request bodies, into memory or through the multipart parser onto the disk.
#include "async/offload.hpp"
#include "core/log.hpp"
#include "http/session.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kSmallBuffer = 4 << 10;
constexpr std::size_t kLargeBuffer = 64 << 10;
constexpr std::size_t kLargeBody = 16 << 10;
constexpr std::size_t kStoreBatch = 256 << 10;   // of an upload: one trip to the work pool

Error too_large() { return {.code = ErrorCode::payload_too_large, .public_message = "The body is too large"}; }
Error too_much_at_once() { return {.code = ErrorCode::unavailable, .public_message = "The server is receiving too much at once; try again shortly", .retry_after_s = 1}; }

/// Frees a form where its files may be removed, which can take time; a pool that is full or stopping removes them here.
struct FreedInPool {
    async::WorkPool* files;
    void operator()(FormReader* form) const {
        (void)files->submit([owned = std::unique_ptr<FormReader>(form)] {});
    }
};

}  // namespace

Awaitable<bool> Session::read_body() {
    const auto& settings = worker_.settings();
    const auto& framing = slot_->head.framing();
    const auto content_type = slot_->request.headers.get("content-type").value_or("");
    std::unique_ptr<FormReader, FreedInPool> form(nullptr, {&worker_.shared().files});
    if (is_multipart(content_type)) {
        if (settings.upload_directory.empty())
            co_return co_await refuse(Error{.code = ErrorCode::unsupported_media_type, .public_message = "Forms with files are not accepted here"});
        auto reader = FormReader::create(content_type, settings.upload_directory);
        if (!reader) co_return co_await refuse(std::move(reader.error()));
        form.reset(reader->release());
    }
    const std::uint64_t limit = form ? settings.upload_limit_bytes : settings.body_limit_bytes;
    if (framing.content_length > limit) co_return co_await refuse(too_large());
    if (form && settings.upload_admission) {
        auto refusal = co_await upload_refusal();
        if (refusal) co_return co_await refuse(std::move(*refusal));
    }
    if (framing.expects_continue && slot_->in.empty() && !co_await write(Gather("HTTP/1.1 100 Continue\r\n\r\n"))) co_return false;
    if (!co_await receive_body(form.get(), limit)) co_return false;
    if (!form) co_return true;
    slot_->request.form = form->take_parts();
    slot_->uploads = std::make_unique<UploadedFiles>(form->take_files());
    co_return true;
}

Awaitable<std::optional<Response>> Session::upload_refusal() {
    identify(slot_->request);
    enter(Phase::handling);
    try {
        co_return co_await worker_.settings().upload_admission(slot_->request);
    } catch (const std::exception&) {
        co_return answer_of_exception(slot_->request);
    }
}

// Collects the body in request.body; of a form, a batch at a time goes on to `form`.
Awaitable<bool> Session::receive_body(FormReader* form, std::uint64_t limit) {
    const auto& framing = slot_->head.framing();
    auto& body = slot_->request.body;
    body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(framing.content_length, kLargeBuffer)));
    slot_->decoder.start(framing);
    Pace pace(std::chrono::steady_clock::now(), worker_.settings().body_idle_timeout, worker_.settings().body_rate_min_bytes_per_s);
    std::uint64_t received = 0;
    while (true) {
        auto rest = slot_->in.view();
        const auto before = rest.size();
        std::string_view piece;
        auto step = slot_->decoder.next(rest, piece);
        for (; step == BodyDecoder::Step::data; step = slot_->decoder.next(rest, piece)) {
            if ((received += piece.size()) > limit) co_return co_await refuse(too_large());
            body.append(piece);
        }
        slot_->in.consume(before - rest.size());
        if (step == BodyDecoder::Step::failed) co_return co_await refuse(slot_->decoder.failure());
        const bool complete = step == BodyDecoder::Step::complete;
        if (form != nullptr && (complete || body.size() >= kStoreBatch)) {
            auto stored = co_await store(*form, complete);
            if (!stored) co_return co_await refuse(std::move(stored.error()));
            pace.restart(std::chrono::steady_clock::now());
        }
        if (complete) co_return true;
        const bool is_large = framing.content_length > kLargeBody || body.size() > kLargeBody;   // the number of connections bounds the others
        if (is_large && !slot_->share.grow_to(kLargeBuffer + body.size())) co_return co_await refuse(too_much_at_once());
        pace.add(before - rest.size(), std::chrono::steady_clock::now());
        phase_ = Phase::body;
        deadline_ = pace.deadline();
        if (!co_await fill(is_large ? kLargeBuffer : kSmallBuffer)) co_return co_await reading_stopped();
    }
}

// Hands the collected batch to the form reader on the work pool; the client waits meanwhile, which is the back-pressure.
Awaitable<Result<void>> Session::store(FormReader& form, bool is_last) {
    enter(Phase::handling);
    auto& batch = slot_->request.body;
    auto stored = co_await async::offload(worker_.shared().files, [&]() -> Result<void> {
        AGENTIC_CHECK(form.feed(batch));
        return is_last ? form.finish() : Result<void>{};
    });
    batch.clear();
    if (!stored) co_return std::unexpected(std::move(stored.error()));
    if (!*stored && !stored->error().internal_context.empty())
        log::error("upload_failed", "An upload could not be stored", {{"reason", stored->error().internal_context}});
    co_return std::move(*stored);
}

}  // namespace agentic::http
