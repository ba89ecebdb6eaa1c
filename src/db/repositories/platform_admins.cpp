#include "db/repositories/platform_admins.hpp"

#include "db/repositories/users.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

namespace {

SystemScope platform() { return SystemScope::because("platform administrators belong to no tenant"); }

}  // namespace

Task<> PlatformAdminRepository::insert(PlatformAdminRow row, Timestamp now) {
    Params params{row.id, row.email, normalise_email(row.email), row.password_hash, now};
    auto done = co_await db_.query(platform(), sql::platform_admin_insert, std::move(params));
    if (!done && done.error().code == ErrorCode::conflict)
        co_return fail(ErrorCode::conflict, "There is a platform administrator with this e-mail already", done.error().internal_context);
    if (!done) co_return std::unexpected(std::move(done).error());
    co_return Result<void>();
}

Task<PlatformAdminRow> PlatformAdminRepository::find_by_email(std::string email) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(platform(), sql::platform_admin_by_email, {normalise_email(email)}));
    co_return first_row<PlatformAdminRow>(rows, "platform administrator");
}

Task<> PlatformAdminRepository::set_password(Uuid id, std::string password_hash, Timestamp now) {
    Batch steps;
    steps.push_back({sql::platform_admin_set_password, {id, std::move(password_hash), now}, 1, fail_not_found("platform administrator").error()});
    steps.push_back({sql::platform_admin_tokens_drop, {id}});
    AGENTIC_CO_CHECK(co_await db_.batch(platform(), std::move(steps)));
    co_return Result<void>();
}

Task<> PlatformAdminRepository::insert_token(Uuid id, Uuid admin_id, std::string token_hash, Timestamp now, Timestamp expires_at) {
    AGENTIC_CO_CHECK(co_await db_.query(platform(), sql::platform_admin_token_insert, {id, admin_id, std::move(token_hash), now, expires_at}));
    co_return Result<void>();
}

Task<PlatformAdminPrincipal> PlatformAdminRepository::find_by_token(std::string token_hash) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(platform(), sql::platform_admin_by_token, {std::move(token_hash)}));
    co_return first_row<PlatformAdminPrincipal>(rows, "token");
}

}  // namespace agentic::db
