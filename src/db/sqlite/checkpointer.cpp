#include "db/sqlite/checkpointer.hpp"

#include <pthread.h>

#include <utility>

namespace agentic::db::sqlite {

Result<std::unique_ptr<Checkpointer>> Checkpointer::create(const Options& options) {
    AGENTIC_TRY(auto connection, Connection::open(options, Connection::Role::checkpointer));
    return std::unique_ptr<Checkpointer>(new Checkpointer(std::move(connection)));
}

Checkpointer::Checkpointer(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {
    thread_ = std::jthread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "sqlite-copier");
}

Checkpointer::~Checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
}

void Checkpointer::begin() {
    begun_ = true;
    {
        const std::lock_guard lock(mutex_);
        asked_ = true;
    }
    changed_.notify_all();
}

std::optional<Checkpointer::End> Checkpointer::take_end() {
    const std::lock_guard lock(mutex_);
    if (end_) begun_ = false;
    return std::exchange(end_, std::nullopt);
}

Checkpointer::End Checkpointer::await_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return end_.has_value(); });
    begun_ = false;
    return *std::exchange(end_, std::nullopt);
}

void Checkpointer::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return asked_ || closing_; });
        if (!asked_) return;
        asked_ = false;
        lock.unlock();
        auto result = connection_->checkpoint(Connection::Checkpoint::passive);
        const int code = result ? 0 : connection_->last_code();
        lock.lock();
        end_ = End{std::move(result), code};
        changed_.notify_all();
    }
}

}  // namespace agentic::db::sqlite
