#include "db/sqlite/gathering_vfs.hpp"

#include <sqlite3.h>

#include <array>
#include <cstring>
#include <format>
#include <new>
#include <stdexcept>

namespace agentic::db::sqlite {
namespace {

/// Bytes of a log that the file does not have yet: one piece without holes.
struct Gathered {
    std::array<char, 124 << 10> bytes;  // 30 pages; a larger commit takes several writes. SQLite's own layer writes less than 128 KiB at once
    std::size_t size;
    sqlite3_int64 begin;  // in the file

    sqlite3_int64 end() const { return begin + static_cast<sqlite3_int64>(size); }
    bool overlaps(sqlite3_int64 from, int length) const { return size != 0 && from < end() && begin < from + length; }
};

/// Laid out as SQLite wants it: the base first; the file of the layer below follows in the same allocation.
struct LogFile {
    sqlite3_file base;
    Gathered* gathered;
};

Gathered& gathered(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file)->gathered; }
sqlite3_file* below(sqlite3_file* file) { return reinterpret_cast<sqlite3_file*>(reinterpret_cast<LogFile*>(file) + 1); }

int flush(sqlite3_file* file) {
    Gathered& held = gathered(file);
    if (held.size == 0) return SQLITE_OK;
    const int size = static_cast<int>(held.size);
    held.size = 0;  // also when it fails
    return below(file)->pMethods->xWrite(below(file), held.bytes.data(), size, held.begin);
}

int on_write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    Gathered& held = gathered(file);
    const auto length = static_cast<std::size_t>(size);
    if (at != held.end() || held.size + length > held.bytes.size()) {
        if (const int code = flush(file); code != SQLITE_OK) return code;
        if (length > held.bytes.size()) return below(file)->pMethods->xWrite(below(file), bytes, size, at);
    }
    if (held.size == 0) held.begin = at;
    std::memcpy(held.bytes.data() + held.size, bytes, length);
    held.size += length;
    return SQLITE_OK;
}

int on_read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
    if (gathered(file).overlaps(at, size)) {
        if (const int code = flush(file); code != SQLITE_OK) return code;
    }
    return below(file)->pMethods->xRead(below(file), out, size, at);
}

int on_truncate(sqlite3_file* file, sqlite3_int64 size) {
    const int code = flush(file);
    return code != SQLITE_OK ? code : below(file)->pMethods->xTruncate(below(file), size);
}

int on_sync(sqlite3_file* file, int flags) {
    const int code = flush(file);
    return code != SQLITE_OK ? code : below(file)->pMethods->xSync(below(file), flags);
}

int on_size(sqlite3_file* file, sqlite3_int64* size) {
    const int code = flush(file);
    return code != SQLITE_OK ? code : below(file)->pMethods->xFileSize(below(file), size);
}

/// What is gathered now was never committed.
int on_close(sqlite3_file* file) {
    delete reinterpret_cast<LogFile*>(file)->gathered;
    return below(file)->pMethods->xClose(below(file));
}

int on_lock(sqlite3_file* file, int level) { return below(file)->pMethods->xLock(below(file), level); }
int on_unlock(sqlite3_file* file, int level) { return below(file)->pMethods->xUnlock(below(file), level); }
int on_check_lock(sqlite3_file* file, int* is_reserved) { return below(file)->pMethods->xCheckReservedLock(below(file), is_reserved); }
int on_control(sqlite3_file* file, int what, void* argument) { return below(file)->pMethods->xFileControl(below(file), what, argument); }
int on_sector(sqlite3_file* file) { return below(file)->pMethods->xSectorSize(below(file)); }
int on_characteristics(sqlite3_file* file) { return below(file)->pMethods->xDeviceCharacteristics(below(file)); }

const sqlite3_io_methods kLogMethods{.iVersion = 1,
                                     .xClose = on_close,
                                     .xRead = on_read,
                                     .xWrite = on_write,
                                     .xTruncate = on_truncate,
                                     .xSync = on_sync,
                                     .xFileSize = on_size,
                                     .xLock = on_lock,
                                     .xUnlock = on_unlock,
                                     .xCheckReservedLock = on_check_lock,
                                     .xFileControl = on_control,
                                     .xSectorSize = on_sector,
                                     .xDeviceCharacteristics = on_characteristics,
                                     .xShmMap = nullptr,
                                     .xShmLock = nullptr,
                                     .xShmBarrier = nullptr,
                                     .xShmUnmap = nullptr,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

int on_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    auto* const lower = static_cast<sqlite3_vfs*>(vfs->pAppData);
    if ((flags & SQLITE_OPEN_WAL) == 0) return lower->xOpen(lower, path, file, flags, flags_out);
    auto* const log = new (file) LogFile{};
    log->gathered = new (std::nothrow) Gathered;
    if (log->gathered == nullptr) return SQLITE_NOMEM;
    log->gathered->size = 0;
    log->gathered->begin = 0;
    const int code = lower->xOpen(lower, path, below(file), flags, flags_out);
    if (below(file)->pMethods != nullptr) {
        log->base.pMethods = &kLogMethods;  // SQLite calls xClose, whatever the code
    } else {
        delete log->gathered;
    }
    return code;
}

}  // namespace

GatheringVfs::GatheringVfs(const std::string& below) : name_(std::format("gathering-{}", static_cast<const void*>(this))) {
    auto* const lower = sqlite3_vfs_find(below.empty() ? nullptr : below.c_str());
    if (lower == nullptr) throw std::invalid_argument("SQLite has no VFS named " + below);
    vfs_ = std::make_unique<sqlite3_vfs>(*lower);
    vfs_->zName = name_.c_str();
    vfs_->pNext = nullptr;
    vfs_->pAppData = lower;
    vfs_->szOsFile = static_cast<int>(sizeof(LogFile)) + lower->szOsFile;
    vfs_->xOpen = on_open;
    sqlite3_vfs_register(vfs_.get(), 0);
}

GatheringVfs::~GatheringVfs() { sqlite3_vfs_unregister(vfs_.get()); }

}  // namespace agentic::db::sqlite
