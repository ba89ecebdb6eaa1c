#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "async/task_group.hpp"
#include "async/wakeup.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "db/repositories/chunks.hpp"
#include "knowledge/vector_index.hpp"

namespace agentic::services {

/// The vectors of collections in memory, each loaded from its rows when it is first searched. A collection's row counts what became findable
/// (content_revision), and so does its index: whoever searches sees by comparing the two whether something is missing, and has exactly that read. So the index
/// cannot miss a committed document, whichever process committed it and whenever one died. What another process has deleted may still be in it: searches look
/// every hit up in the rows and take what is gone out of the index. Thread-safe.
class CollectionIndexes {
public:
    struct Limits {
        std::size_t bytes_max = 1u << 30;   // of all indexes; those that were not searched for longest go first
    };

    CollectionIndexes(const Clock& clock, db::Executor& db, async::WorkPool& reading, async::WorkPool& linking, Limits limits);
    ~CollectionIndexes();

    /// The index with everything that `collection` names. Fails with `unavailable` when reading it takes longer than `until`, or cannot be done; the reading
    /// goes on.
    Task<std::shared_ptr<knowledge::VectorIndex>> current(TenantScope tenant, db::CollectionScopeRow collection, std::chrono::steady_clock::time_point until);

    /// Brings the index of a collection up to date, when it is loaded.
    Awaitable<void> refresh(TenantScope tenant, Uuid collection_id);

    /// Forgets what was deleted: no search that begins after it has it. A failure does no harm, since searches look up what they find.
    Awaitable<void> drop_document(Uuid collection_id, Uuid document_id);
    void drop_collection(const Uuid& collection_id);

    std::size_t bytes() const;
    /// Waits for what is being read or linked.
    Awaitable<void> stop();

private:
    struct Entry;

    std::shared_ptr<Entry> entry_of(const TenantScope& tenant, const db::CollectionScopeRow& collection);
    std::shared_ptr<Entry> find(const Uuid& collection_id) const;
    Awaitable<void> synchronise(std::shared_ptr<Entry> entry, TenantScope tenant, std::int64_t revision);
    Task<> read_all(Entry& entry, TenantScope tenant);
    Task<> read_since(Entry& entry, TenantScope tenant, std::int64_t revision);
    Task<> read_document(Entry& entry, TenantScope tenant, Uuid document_id);
    Awaitable<Result<void>> add(Entry& entry, std::vector<db::ChunkVectorsRow> rows);
    Awaitable<void> link(std::shared_ptr<Entry> entry);
    void make_room(const Entry& keep);

    const Clock& clock_;
    db::Executor& db_;
    async::WorkPool& reading_;   // rows into an index, which a search waits for
    async::WorkPool& linking_;   // the graph of a large one, which none waits for
    const Limits limits_;
    mutable std::mutex mutex_;
    std::map<Uuid, std::shared_ptr<Entry>> entries_;   // by collection
    std::atomic<bool> stopping_ = false;
    async::TaskGroup group_{"collection_indexes"};
};

}  // namespace agentic::services
