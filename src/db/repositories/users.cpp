#include "db/repositories/users.hpp"

#include <algorithm>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Word>
std::optional<std::string_view> text_of(const std::optional<Word>& word) {
    return word.transform([](Word w) { return to_string(w); });
}

Error last_owner() { return fail(ErrorCode::conflict, "The tenant must keep an active owner").error(); }

}  // namespace

Error login_refused() {
    return fail(ErrorCode::not_authenticated, "Invalid e-mail or password. If the e-mail is in several tenants, name yours in `tenant`").error();
}

std::string normalise_email(std::string_view email) {
    std::string out(email);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

Task<UserRow> UserRepository::find(TenantScope scope, Uuid id) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::user_by_id, {scope.tenant_id(), id}));
    co_return first_row<UserRow>(rows, "user");
}

Task<bool> UserRepository::exists(TenantScope scope, std::string email) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::user_id_by_email, {scope.tenant_id(), normalise_email(email)}));
    co_return !rows.empty();
}

Task<Page<UserRow>> UserRepository::list(TenantScope scope, UserListing listing) {
    const auto search = listing.search.transform(like_pattern);
    Params filters{scope.tenant_id(), text_of(listing.role), text_of(listing.status), search};
    Params paged = filters;
    paged.insert(paged.end(), {listing.page.size, listing.page.offset()});
    Batch steps;
    steps.push_back({sql::users_page, std::move(paged)});
    steps.push_back({sql::users_count, std::move(filters)});
    AGENTIC_CO_TRY(auto both, co_await db_.read(scope, std::move(steps)));
    co_return Page<UserRow>{rows_to<UserRow>(both[0]), both[1].integer(0, 0)};
}

Task<UserRow> UserRepository::set_profile(TenantScope scope, Uuid id, ProfileChange change, Timestamp now, std::optional<Timestamp> expected) {
    Params params{scope.tenant_id(), id, change.first_name.has_value(), change.first_name.value_or(std::nullopt), change.last_name.has_value(), change.last_name.value_or(std::nullopt),
                  now, expected};
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::user_set_profile, std::move(params)));
    if (rows.empty() && expected) co_return fail(ErrorCode::precondition_failed, "The user has changed since it was read");
    co_return first_row<UserRow>(rows, "user");
}

Task<std::vector<LoginCandidate>> UserRepository::candidates(std::string email, std::optional<std::string> tenant_slug, std::int64_t limit) {
    const auto scope = SystemScope::because("login knows the e-mail before it knows the tenant");
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::users_by_email, {normalise_email(email), std::move(tenant_slug), limit}));
    co_return rows_to<LoginCandidate>(rows);
}

Step UserRepository::insert(TenantScope scope, const UserRow& row) {
    return {sql::user_insert,
            {scope.tenant_id(), row.id, row.email, normalise_email(row.email), row.password_hash, row.first_name, row.last_name, to_string(row.role), row.created_at}};
}

Step UserRepository::set_access(TenantScope scope, const UserRow& row, const UserRow& seen) {
    return {sql::user_set_access,
            {scope.tenant_id(), row.id, to_string(row.role), to_string(row.status), row.first_name, row.last_name, row.updated_at, seen.updated_at}, 1, last_owner()};
}

Step UserRepository::remove(TenantScope scope, const UserRow& seen, Timestamp now) {
    return {sql::user_delete, {scope.tenant_id(), seen.id, now, seen.updated_at}, 1, last_owner()};
}

Step UserRepository::set_password(TenantScope scope, Uuid id, std::string_view checked_hash, std::string_view new_hash, Timestamp now) {
    return {sql::user_set_password, {scope.tenant_id(), id, checked_hash, new_hash, now}, 1,
            fail(ErrorCode::conflict, "The password was changed meanwhile; try again").error()};
}

Step UserRepository::touch_login(TenantScope scope, Uuid id, std::string_view checked_hash, Timestamp now) {
    return {sql::user_touch_login, {scope.tenant_id(), id, now, checked_hash}, 1, login_refused()};
}

UserRow UserRepository::row_of(const Rows& rows) { return rows_to<UserRow>(rows).at(0); }

}  // namespace agentic::db
