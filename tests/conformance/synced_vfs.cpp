#include "support/synced_vfs.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <array>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace agentic::test {
namespace {

struct Change {
    sqlite3_int64 offset;
    std::string bytes;  // empty: truncate to offset
};

struct Image {
    bool is_log = false;
    std::string synced;
    std::vector<Change> pending;

    void sync() {
        for (const auto& change : pending) {
            const auto at = static_cast<std::size_t>(change.offset);
            if (change.bytes.empty()) {
                synced.resize(at);
                continue;
            }
            if (synced.size() < at + change.bytes.size()) synced.resize(at + change.bytes.size());
            synced.replace(at, change.bytes.size(), change.bytes);
        }
        pending.clear();
    }
};

}  // namespace

struct SyncedVfs::State {
    sqlite3_vfs vfs{};
    sqlite3_vfs* below = nullptr;
    std::mutex mutex;
    std::map<std::string, Image> images;  // by path
    std::set<std::string> writers;
    std::size_t writes = 0;
    std::atomic<Fault> fault{Fault::none};
};

namespace {

SyncedVfs::State* active = nullptr;  // sqlite3_vfs has room for one pointer, and files outlive the call that opened them

/// Laid out as SQLite wants it: the base first, then ours; the wrapped file follows in the same allocation.
struct ShimFile {
    sqlite3_file base;
    sqlite3_file* below;
    Image* image;  // null: a file nobody cares about (temporary)
};

ShimFile& shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* below(sqlite3_file* file) { return shim(file).below; }

void note_writer() {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    active->writers.insert(name.data());
}

int on_close(sqlite3_file* file) { return below(file)->pMethods->xClose(below(file)); }
int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) { return below(file)->pMethods->xRead(below(file), out, size, at); }

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (shim(file).image != nullptr) {
        if (active->fault == SyncedVfs::Fault::write_fails) return SQLITE_IOERR_WRITE;
        if (active->fault == SyncedVfs::Fault::disk_full) return SQLITE_FULL;
        const std::lock_guard lock(active->mutex);
        note_writer();
        ++active->writes;
        shim(file).image->pending.push_back({at, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
    }
    return below(file)->pMethods->xWrite(below(file), bytes, size, at);
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    if (shim(file).image != nullptr) {
        const std::lock_guard lock(active->mutex);
        note_writer();
        shim(file).image->pending.push_back({size, {}});
    }
    return below(file)->pMethods->xTruncate(below(file), size);
}

/// No fsync of the real file: what matters is which bytes would have survived.
int on_sync(sqlite3_file* file, int) {
    if (shim(file).image == nullptr) return SQLITE_OK;
    if (active->fault == SyncedVfs::Fault::sync_fails) {
        const std::lock_guard lock(active->mutex);
        shim(file).image->pending.clear();  // as Linux does: the dirty pages are dropped, and the next fsync will say that all is well
        return SQLITE_IOERR_FSYNC;
    }
    if (active->fault == SyncedVfs::Fault::database_never_synced && !shim(file).image->is_log) return SQLITE_OK;
    const std::lock_guard lock(active->mutex);
    shim(file).image->sync();
    return SQLITE_OK;
}

int on_size(sqlite3_file* file, sqlite3_int64* size) { return below(file)->pMethods->xFileSize(below(file), size); }
int on_lock(sqlite3_file* file, int level) { return below(file)->pMethods->xLock(below(file), level); }
int on_unlock(sqlite3_file* file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
int on_check_lock(sqlite3_file* file, int* out) { return below(file)->pMethods->xCheckReservedLock(below(file), out); }
int on_control(sqlite3_file* file, int what, void* argument) { return below(file)->pMethods->xFileControl(below(file), what, argument); }
int on_sector(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
int on_characteristics(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }
int on_shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
    return below(file)->pMethods->xShmMap(below(file), page, size, extend, out);
}
int on_shm_lock(sqlite3_file* file, int offset, int count, int flags) { return below(file)->pMethods->xShmLock(below(file), offset, count, flags); }
void on_shm_barrier(sqlite3_file* file) { below(file)->pMethods->xShmBarrier(below(file)); }
int on_shm_unmap(sqlite3_file* file, int remove) { return below(file)->pMethods->xShmUnmap(below(file), remove); }

const sqlite3_io_methods kMethods{2,       on_close,     on_read,       on_write,   on_truncate, on_sync,           on_size,    on_lock,     on_unlock,
                                  on_check_lock, on_control, on_sector, on_characteristics, on_shm_map, on_shm_lock, on_shm_barrier, on_shm_unmap, nullptr, nullptr};

int on_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto* const ours = new (file) ShimFile{};
    ours->below = reinterpret_cast<sqlite3_file*>(ours + 1);
    const int code = active->below->xOpen(active->below, path, ours->below, flags, out_flags);
    if (ours->below->pMethods == nullptr) return code;
    ours->base.pMethods = &kMethods;
    if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0 && path != nullptr) {
        const std::lock_guard lock(active->mutex);
        ours->image = &active->images[path];
        ours->image->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    }
    return code;
}

int on_delete(sqlite3_vfs*, const char* path, int sync_directory) {
    {
        const std::lock_guard lock(active->mutex);
        if (const auto found = active->images.find(path); found != active->images.end()) found->second = {.is_log = found->second.is_log, .synced = {}, .pending = {}};
    }
    return active->below->xDelete(active->below, path, sync_directory);
}

}  // namespace

SyncedVfs::SyncedVfs() : state_(std::make_unique<State>()) {
    if (active != nullptr) throw std::logic_error("one SyncedVfs at a time");
    sqlite3_initialize();
    active = state_.get();
    state_->below = sqlite3_vfs_find(nullptr);
    state_->vfs = *state_->below;
    state_->vfs.zName = kName;
    state_->vfs.pNext = nullptr;
    state_->vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + state_->below->szOsFile;
    state_->vfs.xOpen = on_open;
    state_->vfs.xDelete = on_delete;
    sqlite3_vfs_register(&state_->vfs, 0);
}

SyncedVfs::~SyncedVfs() {
    sqlite3_vfs_unregister(&state_->vfs);
    active = nullptr;
}

void SyncedVfs::power_cut(const std::filesystem::path& directory) const {
    const std::lock_guard lock(state_->mutex);
    for (const auto& [path, image] : state_->images) {
        std::ofstream out(directory / std::filesystem::path(path).filename(), std::ios::binary | std::ios::trunc);
        out << image.synced;
    }
}

std::set<std::string> SyncedVfs::take_writers() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->writers, {});
}

std::size_t SyncedVfs::take_writes() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->writes, 0);
}

void SyncedVfs::inject(Fault fault) { state_->fault = fault; }

}  // namespace agentic::test
