#include "db/postgres/mark_reader.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "db/postgres/pool.hpp"

namespace agentic::db::postgres {
namespace {

// Of all tenants that ask, so it runs in the system's scope: each caller proves its own with a TenantScope and gets that mark alone.
const Statement kMarks{.name = "change_marks",
                       .sqlite = {},
                       .postgres = "SELECT tenant_id, table_name, mark FROM change_marks WHERE tenant_id = ANY(CAST($1 AS UUID[]))",
                       .cross_tenant = true};

std::string key_of(std::string_view tenant_id, std::string_view table) { return std::string(tenant_id) + '/' + std::string(table); }

}  // namespace

Task<std::uint64_t> MarkReader::read(TenantScope scope, std::string_view table) {
    const auto tenant_id = scope.tenant_id().to_string();
    if (next_ == nullptr) next_ = std::make_shared<Round>(executor_);
    const auto round = next_;
    round->tenants.push_back(tenant_id);
    if (!std::exchange(running_, true)) {
        asio::co_spawn(executor_, run(shared_from_this()), [](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
        });
    }
    boost::system::error_code stopped;
    if (!round->answered) co_await round->done.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>(), stopped));
    if (round->failure) std::rethrow_exception(round->failure);
    if (!round->answered) co_return fail(ErrorCode::cancelled, "Cancelled", "change mark: the caller was cancelled");
    if (!round->marks) co_return std::unexpected(round->marks.error());
    const auto found = round->marks->find(key_of(tenant_id, table));
    co_return found == round->marks->end() ? 0 : found->second;
}

/// Answers round after round until nobody waits. Not part of any caller: one that is cancelled must not take the others with it.
Awaitable<void> MarkReader::run(std::shared_ptr<MarkReader> self) {
    while (self->next_ != nullptr) {
        const auto round = std::exchange(self->next_, nullptr);
        try {
            round->marks = co_await self->fetch(std::move(round->tenants));
        } catch (...) {
            round->failure = std::current_exception();
        }
        round->answered = true;
        round->done.cancel();
    }
    self->running_ = false;
}

Task<MarkReader::Marks> MarkReader::fetch(std::vector<std::string> tenants) {
    std::string list = "{";
    for (const auto& tenant : tenants) list += (list.size() == 1 ? "" : ",") + tenant;
    Params params;
    params.emplace_back(list + "}");
    const Step step{kMarks, std::move(params)};
    Rows rows;
    AGENTIC_CO_TRY(auto connection, co_await pool_->acquire());
    AGENTIC_CO_CHECK(co_await connection->run(SystemScope::because("change marks of all tenants that wait, in one statement"), std::span(&step, 1), std::span(&rows, 1),
                                              Connection::Transaction::single_read));
    Marks marks;
    for (std::size_t i = 0; i < rows.size(); ++i) marks[key_of(rows.text(i, 0), rows.text(i, 1))] = static_cast<std::uint64_t>(rows.integer(i, 2));
    co_return marks;
}

}  // namespace agentic::db::postgres
