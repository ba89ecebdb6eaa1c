#include "services/knowledge/collection_indexes.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/offload.hpp"
#include "core/log.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kChunksPerRead = 500;
constexpr std::int64_t kDocumentsPerRead = 100;
constexpr std::int64_t kNeverRead = -1;

}  // namespace

/// One collection in one generation of its vectors.
struct CollectionIndexes::Entry {
    Entry(Uuid tenant, Uuid collection, std::int64_t generation_number, std::size_t dimensions)
        : tenant_id(tenant), collection_id(collection), generation(generation_number), index(std::make_shared<knowledge::VectorIndex>(dimensions)) {}

    const Uuid tenant_id, collection_id;
    const std::int64_t generation;
    const std::shared_ptr<knowledge::VectorIndex> index;
    std::atomic<std::int64_t> revision = kNeverRead;   // everything up to it is in the index
    std::atomic<std::chrono::steady_clock::rep> used_at = 0;

    std::mutex mutex;                                  // guards what follows
    bool is_reading = false;
    bool is_linking = false;
    Result<void> last_read;
    std::vector<std::shared_ptr<async::Wakeup>> waiting;
};

CollectionIndexes::CollectionIndexes(const Clock& clock, db::Executor& db, async::WorkPool& reading, async::WorkPool& linking, Limits limits)
    : clock_(clock), db_(db), reading_(reading), linking_(linking), limits_(limits) {}

CollectionIndexes::~CollectionIndexes() = default;

std::shared_ptr<CollectionIndexes::Entry> CollectionIndexes::entry_of(const TenantScope& tenant, const db::CollectionScopeRow& collection) {
    const std::scoped_lock lock(mutex_);
    auto& entry = entries_[collection.id];
    if (entry == nullptr || entry->generation != collection.generation) {
        entry = std::make_shared<Entry>(tenant.tenant_id(), collection.id, collection.generation, static_cast<std::size_t>(collection.embedding_dimensions));
    }
    entry->used_at = clock_.steady().time_since_epoch().count();
    return entry;
}

std::shared_ptr<CollectionIndexes::Entry> CollectionIndexes::find(const Uuid& collection_id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(collection_id);
    return found == entries_.end() ? nullptr : found->second;
}

Task<std::shared_ptr<knowledge::VectorIndex>> CollectionIndexes::current(TenantScope tenant, db::CollectionScopeRow collection, std::chrono::steady_clock::time_point until) {
    const auto entry = entry_of(tenant, collection);
    const auto home = co_await asio::this_coro::executor;
    while (entry->revision < collection.content_revision) {
        auto wakeup = async::Wakeup::create(home);
        bool reads = false;
        {
            const std::scoped_lock lock(entry->mutex);
            entry->waiting.push_back(wakeup);
            if (!entry->is_reading) entry->is_reading = reads = true;
        }
        if (reads && !group_.spawn(home, synchronise(entry, tenant, collection.content_revision))) co_return fail(ErrorCode::unavailable, "The server is stopping");
        co_await wakeup->wait(until);
        if (entry->revision >= collection.content_revision) break;
        const std::scoped_lock lock(entry->mutex);
        if (!entry->is_reading && !entry->last_read) co_return std::unexpected(entry->last_read.error());
        if (clock_.steady() >= until) {
            co_return std::unexpected(Error{.code = ErrorCode::unavailable, .public_message = "The collection is being read into memory; try again shortly", .retry_after_s = 2});
        }
    }
    co_return entry->index;
}

Awaitable<void> CollectionIndexes::refresh(TenantScope tenant, Uuid collection_id) {
    const auto entry = find(collection_id);
    if (entry == nullptr || entry->revision == kNeverRead) co_return;
    {
        const std::scoped_lock lock(entry->mutex);
        if (std::exchange(entry->is_reading, true)) co_return;
    }
    co_await synchronise(entry, tenant, entry->revision);
}

Awaitable<void> CollectionIndexes::synchronise(std::shared_ptr<Entry> entry, TenantScope tenant, std::int64_t revision) {
    Result<void> read;
    try {
        if (entry->revision == kNeverRead) {
            // What became findable after `revision` may be among the rows read now, or is read the next time: adding it again does no harm.
            read = co_await read_all(*entry, tenant);
            if (read) entry->revision = revision;
        } else {
            read = co_await read_since(*entry, tenant, entry->revision);
            // Deleted documents move the collection's number on without leaving anything to read.
            if (read && entry->revision < revision) entry->revision = revision;
        }
    } catch (const std::exception& error) {
        read = fail(ErrorCode::internal_error, "The collection could not be read", error.what());
    }
    if (!read) log::warning("index_read_failed", read.error().public_message, {{"collection", entry->collection_id.to_string()}, {"context", read.error().internal_context}});
    std::vector<std::shared_ptr<async::Wakeup>> waiting;
    bool links = false;
    {
        const std::scoped_lock lock(entry->mutex);
        entry->is_reading = false;
        entry->last_read = read;
        waiting.swap(entry->waiting);
        if (!entry->is_linking && entry->index->needs_build()) entry->is_linking = links = true;
    }
    for (const auto& wakeup : waiting) wakeup->ring();
    make_room(*entry);
    if (links && !group_.spawn(co_await asio::this_coro::executor, link(entry))) {
        const std::scoped_lock lock(entry->mutex);
        entry->is_linking = false;
    }
}

Task<> CollectionIndexes::read_all(Entry& entry, TenantScope tenant) {
    db::ChunkRepository chunks(db_);
    Uuid after;
    for (;;) {
        if (stopping_) co_return fail(ErrorCode::unavailable, "The server is stopping");
        AGENTIC_CO_TRY(auto rows, co_await chunks.vectors_after(tenant, entry.collection_id, entry.generation, after, kChunksPerRead));
        if (rows.empty()) co_return Result<void>{};
        after = rows.back().chunk_id;
        AGENTIC_CO_CHECK(co_await add(entry, std::move(rows)));
    }
}

Task<> CollectionIndexes::read_since(Entry& entry, TenantScope tenant, std::int64_t revision) {
    for (;;) {
        AGENTIC_CO_TRY(const auto documents, co_await db::DocumentRepository(db_).indexed_since(tenant, entry.collection_id, revision, kDocumentsPerRead));
        if (documents.empty()) co_return Result<void>{};
        for (const auto& document : documents) {
            if (stopping_) co_return fail(ErrorCode::unavailable, "The server is stopping");
            AGENTIC_CO_CHECK(co_await read_document(entry, tenant, document.id));
            entry.revision = revision = document.revision;
        }
    }
}

/// What the index holds of the document besides is of a version before, whose chunks nobody finds any more: in a search they would stand where others belong.
Task<> CollectionIndexes::read_document(Entry& entry, TenantScope tenant, Uuid document_id) {
    std::unordered_set<Uuid> read;
    for (std::int64_t from = 0;; from += kChunksPerRead) {
        AGENTIC_CO_TRY(auto rows, co_await db::ChunkRepository(db_).vectors_of(tenant, document_id, entry.generation, from, kChunksPerRead));
        if (rows.empty()) break;
        for (const auto& row : rows) read.insert(row.chunk_id);
        AGENTIC_CO_CHECK(co_await add(entry, std::move(rows)));
    }
    co_return co_await async::offload(reading_, [&] { entry.index->remove_document(document_id, read); });
}

Awaitable<Result<void>> CollectionIndexes::add(Entry& entry, std::vector<db::ChunkVectorsRow> rows) {
    auto added = co_await async::offload(reading_, [&entry, &rows] {
        for (const auto& row : rows) {
            const auto floats = db::floats_of(row.embedding);
            if (floats.empty() || floats.size() % entry.index->dimensions() != 0) {
                log::error("vector_size", "A stored vector does not have its collection's dimensions", {{"chunk", row.chunk_id.to_string()}});
                continue;
            }
            entry.index->add({row.chunk_id, row.document_id}, floats);
        }
    });
    co_return added;
}

Awaitable<void> CollectionIndexes::link(std::shared_ptr<Entry> entry) {
    const auto linked = co_await async::offload(linking_, [this, &entry] { entry->index->build(stopping_); });
    if (!linked) log::warning("index_link_failed", linked.error().public_message, {{"collection", entry->collection_id.to_string()}});
    const std::scoped_lock lock(entry->mutex);
    entry->is_linking = false;
}

Awaitable<void> CollectionIndexes::drop_document(Uuid collection_id, Uuid document_id) {
    const auto entry = find(collection_id);
    if (entry != nullptr) (void)co_await async::offload(reading_, [&] { entry->index->remove_document(document_id); });
}

void CollectionIndexes::drop_collection(const Uuid& collection_id) {
    std::shared_ptr<Entry> dropped;   // let go of without the lock: there may be a lot of it
    const std::scoped_lock lock(mutex_);
    if (const auto found = entries_.find(collection_id); found != entries_.end()) {
        dropped = std::move(found->second);
        entries_.erase(found);
    }
}

std::size_t CollectionIndexes::bytes() const {
    const std::scoped_lock lock(mutex_);
    std::size_t total = 0;
    for (const auto& [id, entry] : entries_) total += entry->index->bytes();
    return total;
}

void CollectionIndexes::make_room(const Entry& keep) {
    std::vector<std::shared_ptr<Entry>> dropped;   // likewise
    const std::scoped_lock lock(mutex_);
    std::size_t total = 0;
    for (const auto& [id, entry] : entries_) total += entry->index->bytes();
    while (total > limits_.bytes_max && entries_.size() > 1) {
        auto oldest = entries_.end();
        for (auto it = entries_.begin(); it != entries_.end(); ++it) {
            if (it->second.get() != &keep && (oldest == entries_.end() || it->second->used_at < oldest->second->used_at)) oldest = it;
        }
        if (oldest == entries_.end()) return;
        total -= std::min(total, oldest->second->index->bytes());
        dropped.push_back(std::move(oldest->second));
        entries_.erase(oldest);
    }
}

Awaitable<void> CollectionIndexes::stop() {
    stopping_ = true;
    co_await group_.join();
}

}  // namespace agentic::services
