// Over 300 lines because it is one recursive reader of one small grammar.
#include "db/tenant_fence.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

#include "db/sql_tokens.hpp"

namespace agentic::db {
namespace {

/// A table, subquery or function in a FROM list.
struct Source {
    std::string alias;
    std::string table;          // empty: a subquery or function
    std::string tenant_column;  // empty: not a tenant table
    bool bound = false;
};

/// The sources of one query block; `outer` is the block around it (correlated subqueries).
struct Frame {
    std::vector<Source> sources;
    const Frame* outer = nullptr;
};

/// A condition that counts for every source, or (ON of a LEFT JOIN) for the joined one only.
struct Condition {
    SqlTokens tokens;
    std::optional<std::size_t> only;
};

bool is_any(const SqlToken& token, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return token.is(word); });
}

bool starts_query(SqlTokens tokens) { return !tokens.empty() && is_any(tokens[0], {"select", "with", "values"}); }

/// `( ... )` around the whole is dropped.
SqlTokens unwrap(SqlTokens tokens) {
    while (tokens.size() >= 2 && tokens[0].is("(") && sql_skip(tokens, 0) == tokens.size()) tokens = tokens.subspan(1, tokens.size() - 2);
    return tokens;
}

/// Splits at AND, leaving `BETWEEN a AND b` whole; nothing when an OR makes none of the parts certain.
void add_conjuncts(SqlTokens tokens, std::vector<SqlTokens>& out) {
    tokens = unwrap(tokens);
    if (tokens.empty() || sql_find(tokens, "or") < tokens.size()) return;
    std::size_t begin = 0;
    bool between = false;
    std::vector<SqlTokens> parts;
    for (std::size_t i = 0; i < tokens.size(); i = sql_skip(tokens, i)) {
        if (tokens[i].is("between")) between = true;
        if (!tokens[i].is("and")) continue;
        if (!between) parts.push_back(tokens.subspan(begin, i - begin)), begin = i + 1;
        between = false;
    }
    parts.push_back(tokens.subspan(begin));
    if (parts.size() == 1) return out.push_back(parts[0]);
    for (const auto part : parts) add_conjuncts(part, out);
}

class Checker {
public:
    Checker(std::string_view name, const TenantTables& tables) : name_(name), tables_(tables) {}

    TenantClauses run(SqlTokens tokens) {
        if (!tokens.empty() && tokens.back().is(";")) tokens = tokens.first(tokens.size() - 1);
        if (sql_find(tokens, ";") < tokens.size()) refuse("holds more than one statement");
        query(tokens, nullptr);
        for (const auto& token : tokens) {  // whatever the reader missed: a tenant table that is named must have been found constrained
            if (token.is_name() && tables_.contains(token.text) && !found_.tables.contains(token.text)) {
                refuse("names " + token.text + " where its tenant is not checked");
            }
        }
        std::ranges::sort(found_.parameters);
        const auto twins = std::ranges::unique(found_.parameters);
        found_.parameters.erase(twins.begin(), twins.end());
        return std::move(found_);
    }

private:
    [[noreturn]] void refuse(const std::string& why) const { throw std::logic_error("statement " + std::string(name_) + " " + why); }

    // --- query blocks -----------------------------------------------------------------------------------------------------------------

    void query(SqlTokens tokens, const Frame* outer) {
        if (tokens.empty()) return;
        if (tokens[0].is("with")) tokens = after_ctes(tokens, outer);
        if (is_any(tokens[0], {"insert", "replace"})) return insert(tokens, outer);
        if (tokens[0].is("update")) return update(tokens, outer);
        if (tokens[0].is("delete")) return remove(tokens, outer);
        if (!is_any(tokens[0], {"select", "values"})) refuse("starts with a word the tenant fence does not know: " + tokens[0].text);
        for (const auto core : cores(tokens)) select(core, outer);
    }

    SqlTokens after_ctes(SqlTokens tokens, const Frame* outer) {
        std::size_t i = tokens[1].is("recursive") ? 2 : 1;
        while (true) {
            const auto open = sql_find(tokens, "as", i) + 1;
            const auto body = sql_find_parenthesis(tokens, open);
            const auto end = sql_skip(tokens, body);
            query(tokens.subspan(body + 1, end - body - 2), outer);
            if (end >= tokens.size()) refuse("ends inside WITH");
            if (!tokens[end].is(",")) return tokens.subspan(end);
            i = end + 1;
        }
    }

    std::size_t sql_find_parenthesis(SqlTokens tokens, std::size_t from) const {
        while (from < tokens.size() && !tokens[from].is("(")) ++from;
        if (from == tokens.size()) refuse("has a WITH without a body");
        return from;
    }

    static std::vector<SqlTokens> cores(SqlTokens tokens) {
        std::vector<SqlTokens> parts;
        std::size_t begin = 0;
        for (std::size_t i = 0; i < tokens.size(); i = sql_skip(tokens, i)) {
            if (!is_any(tokens[i], {"union", "intersect", "except"})) continue;
            parts.push_back(tokens.subspan(begin, i - begin));
            begin = i + 1;
            if (begin < tokens.size() && is_any(tokens[begin], {"all", "distinct"})) ++begin;
        }
        parts.push_back(tokens.subspan(begin));
        return parts;
    }

    /// End of the clause that begins at `from`.
    static std::size_t clause_end(SqlTokens tokens, std::size_t from) {
        for (std::size_t i = from; i < tokens.size(); i = sql_skip(tokens, i)) {
            if (is_any(tokens[i], {"where", "group", "having", "window", "order", "limit", "offset", "returning"})) return i;
            if (tokens[i].is("for") || (tokens[i].is("on") && i + 1 < tokens.size() && tokens[i + 1].is("conflict"))) return i;
        }
        return tokens.size();
    }

    static std::optional<std::size_t> from_clause(SqlTokens tokens) {
        for (std::size_t i = 0; i < tokens.size(); i = sql_skip(tokens, i)) {
            if (tokens[i].is("from") && !(i > 0 && tokens[i - 1].is("distinct"))) return i;  // not IS DISTINCT FROM
        }
        return std::nullopt;
    }

    static void add_where(SqlTokens tokens, std::vector<Condition>& conditions) {
        const auto where = sql_find(tokens, "where");
        if (where == tokens.size()) return;
        conditions.push_back({tokens.subspan(where + 1, clause_end(tokens, where + 1) - where - 1), std::nullopt});
    }

    Frame select(SqlTokens tokens, const Frame* outer) {
        Frame frame{.sources = {}, .outer = outer};
        std::vector<Condition> conditions;
        if (const auto from = from_clause(tokens)) {
            sources(tokens.subspan(*from + 1, clause_end(tokens, *from + 1) - *from - 1), frame, conditions);
        }
        add_where(tokens, conditions);
        bind(frame, conditions);
        subqueries(tokens, frame);
        return frame;
    }

    void update(SqlTokens tokens, const Frame* outer) {
        std::size_t at = tokens.size() > 1 && tokens[1].is("or") ? 3 : 1;
        if (at == 3 && tokens[2].is("replace")) refuse("uses UPDATE OR REPLACE");
        const auto set = sql_find(tokens, "set");
        Frame frame{.sources = {}, .outer = outer};
        std::vector<Condition> conditions;
        source(tokens.subspan(at, set - at), frame);
        auto end = clause_end(tokens, set + 1);
        if (const auto from = from_clause(tokens.subspan(0, end))) {
            sources(tokens.subspan(*from + 1, end - *from - 1), frame, conditions);
            end = *from;
        }
        assignments(tokens.subspan(set + 1, end - set - 1), frame.sources[0]);
        add_where(tokens, conditions);
        bind(frame, conditions);
        subqueries(tokens, frame);
    }

    void remove(SqlTokens tokens, const Frame* outer) {
        if (tokens.size() < 3 || !tokens[1].is("from")) refuse("has a malformed DELETE");
        Frame frame{.sources = {}, .outer = outer};
        std::vector<Condition> conditions;
        const auto end = clause_end(tokens, 2);
        const auto using_at = std::min(sql_find(tokens, "using", 2), end);
        source(tokens.subspan(2, using_at - 2), frame);
        if (using_at < end) sources(tokens.subspan(using_at + 1, end - using_at - 1), frame, conditions);
        add_where(tokens, conditions);
        bind(frame, conditions);
        subqueries(tokens, frame);
    }

    /// Refuses an assignment to the tenant column.
    void assignments(SqlTokens tokens, const Source& target) const {
        if (target.tenant_column.empty()) return;
        for (const auto part : sql_split(tokens, ",")) {
            const auto names = part.first(std::min(sql_find(part, "="), part.size()));
            if (std::ranges::any_of(names, [&](const SqlToken& t) { return t.is_name() && t.text == target.tenant_column; })) {
                refuse("changes " + target.table + "." + target.tenant_column);
            }
        }
    }

    // --- INSERT -----------------------------------------------------------------------------------------------------------------------

    void insert(SqlTokens tokens, const Frame* outer) {
        const auto into = sql_find(tokens, "into");
        if (into == tokens.size()) refuse("has a malformed INSERT");
        const bool replaces = tokens[0].is("replace") || (tokens[1].is("or") && tokens[2].is("replace"));
        const auto open = sql_find(tokens, "(", into);
        Frame frame{.sources = {}, .outer = outer};
        if (open == tokens.size()) refuse("inserts without naming its columns");
        source(tokens.subspan(into + 1, open - into - 1), frame);
        Source& target = frame.sources[0];
        const auto body = sql_skip(tokens, open);
        auto end = sql_find(tokens, "returning", body);
        const auto conflict = std::min(conflict_clause(tokens, body), end);
        if (!target.tenant_column.empty()) {
            if (replaces) refuse("replaces rows of " + target.table + ", whoever owns them");
            const auto columns = sql_split(tokens.subspan(open + 1, body - open - 2), ",");
            const auto position = column_position(columns, target.tenant_column);
            if (!position) refuse("inserts into " + target.table + " without " + target.tenant_column);
            inserted_tenant(tokens.subspan(body, conflict - body), *position, frame);
            found_.tables.insert(target.table);
            if (conflict < end) upsert(tokens.subspan(conflict, end - conflict), frame);
            target.bound = true;
        }
        const auto rows = tokens.subspan(body, conflict - body);
        if (rows.empty()) refuse("inserts nothing");
        if (!rows[0].is("values")) query(rows, outer);
        else subqueries(rows, frame);
        subqueries(tokens.subspan(conflict), frame);
    }

    static std::size_t conflict_clause(SqlTokens tokens, std::size_t from) {
        for (std::size_t i = from; i + 1 < tokens.size(); i = sql_skip(tokens, i)) {
            if (tokens[i].is("on") && tokens[i + 1].is("conflict")) return i;
        }
        return tokens.size();
    }

    static std::optional<std::size_t> column_position(const std::vector<SqlTokens>& columns, std::string_view wanted) {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i].size() == 1 && columns[i][0].text == wanted) return i;
        }
        return std::nullopt;
    }

    /// Every inserted row takes its tenant from a parameter or from a constrained table.
    void inserted_tenant(SqlTokens rows, std::size_t position, const Frame& frame) {
        if (!rows.empty() && rows[0].is("values")) {
            for (const auto tuple : sql_split(rows.subspan(1), ",")) {
                if (tuple.empty() || !tuple[0].is("(")) refuse("has a malformed VALUES");
                inserted_value(unwrap(tuple), position, frame);
            }
            return;
        }
        if (!rows.empty() && rows[0].is("with")) refuse("inserts from WITH: put the WITH in front of INSERT");
        for (const auto core : cores(rows)) {
            if (core.size() < 2 || !core[0].is("select")) refuse("inserts from something that is not a SELECT");
            const auto end = std::min(from_clause(core).value_or(core.size()), clause_end(core, 1));
            inserted_value(core.subspan(1, end - 1), position, select(core, frame.outer));
        }
    }

    void inserted_value(SqlTokens values, std::size_t position, const Frame& frame) {
        const auto parts = sql_split(values, ",");
        if (position < parts.size()) {
            const auto value = parts[position].first(std::min(sql_find(parts[position], "as"), parts[position].size()));
            if (const auto n = parameter(value)) return found_.parameters.push_back(*n);
            if (const auto* from = tenant_source(value, frame); from != nullptr && from->bound) return;
        }
        refuse("inserts a tenant that is neither a parameter nor a constrained table's");
    }

    /// ON CONFLICT DO UPDATE must not reach another tenant's row: the tenant is part of the conflict target, or of its WHERE.
    void upsert(SqlTokens tokens, Frame frame) {
        const auto set = sql_find(tokens, "set");
        if (set == tokens.size()) return;  // DO NOTHING
        const auto end = clause_end(tokens, set + 1);
        assignments(tokens.subspan(set + 1, end - set - 1), frame.sources[0]);
        if (tokens.size() > 2 && tokens[2].is("(")) {
            const auto target = sql_split(tokens.subspan(3, sql_skip(tokens, 2) - 4), ",");
            if (column_position(target, frame.sources[0].tenant_column)) return;
        }
        const auto& target = frame.sources[0];
        frame.sources.push_back({.alias = "excluded", .table = target.table, .tenant_column = target.tenant_column, .bound = true});
        std::vector<Condition> conditions;
        add_where(tokens.subspan(set), conditions);
        bind(frame, conditions);
    }

    // --- sources ----------------------------------------------------------------------------------------------------------------------

    void sources(SqlTokens tokens, Frame& frame, std::vector<Condition>& conditions) {
        std::size_t begin = 0;
        bool left = false;
        for (std::size_t i = 0; i <= tokens.size(); i = i < tokens.size() ? sql_skip(tokens, i) : i + 1) {
            const bool ends = i == tokens.size() || tokens[i].is(",") || tokens[i].is("join");
            if (i < tokens.size() && is_any(tokens[i], {"right", "full", "natural"})) refuse("uses a RIGHT, FULL or NATURAL join");
            if (!ends) continue;
            auto item = tokens.subspan(begin, i - begin);
            bool next_left = false;
            while (!item.empty() && is_any(item.back(), {"left", "outer", "inner", "cross"})) {
                next_left = next_left || item.back().is("left");
                item = item.first(item.size() - 1);
            }
            const auto on = sql_find(item, "on");
            source(item.first(on), frame);
            if (on < item.size()) {
                conditions.push_back({item.subspan(on + 1), left ? std::optional(frame.sources.size() - 1) : std::nullopt});
            }
            left = next_left;
            begin = i + 1;
        }
    }

    /// `name`, `schema.name`, `( query )` or `function( ... )`, each with an optional alias.
    void source(SqlTokens item, Frame& frame) {
        if (!item.empty() && item[0].is("lateral")) item = item.subspan(1);
        if (item.empty()) refuse("has an empty FROM item");
        Source found;
        std::size_t next = 1;
        if (item[0].is("(")) {
            next = sql_skip(item, 0);
            if (!starts_query(item.subspan(1))) refuse("has a parenthesised join");
        } else if (item.size() > 1 && item[1].is("(")) {
            next = sql_skip(item, 1);
            found.alias = item[0].text;
        } else {
            if (item.size() > 2 && item[1].is(".")) next = 3;
            found.alias = found.table = item[next - 1].text;
            if (const auto known = tables_.find(found.table); known != tables_.end()) found.tenant_column = known->second;
        }
        if (next < item.size() && item[next].is("as")) ++next;
        const bool has_alias = next < item.size() && item[next].is_name() && !is_any(item[next], {"using", "indexed", "not"});
        if (has_alias) found.alias = item[next].text;
        if (!found.tenant_column.empty()) found_.tables.insert(found.table);
        frame.sources.push_back(std::move(found));
    }

    /// Every parenthesised query inside `tokens`, with this block's sources as its outer ones.
    void subqueries(SqlTokens tokens, const Frame& frame) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            if (!tokens[i].is("(")) continue;
            const auto end = sql_skip(tokens, i);
            const auto inside = tokens.subspan(i + 1, end - i - 2);
            if (!starts_query(inside)) continue;
            query(inside, &frame);
            i = end - 1;
        }
    }

    // --- conditions -------------------------------------------------------------------------------------------------------------------

    void bind(Frame& frame, const std::vector<Condition>& conditions) {
        std::vector<std::pair<SqlTokens, std::optional<std::size_t>>> conjuncts;
        for (const auto& condition : conditions) {
            std::vector<SqlTokens> parts;
            add_conjuncts(condition.tokens, parts);
            for (const auto part : parts) conjuncts.emplace_back(part, condition.only);
        }
        for (bool changed = true; changed;) {
            changed = false;
            for (const auto& [tokens, only] : conjuncts) changed |= bind_one(tokens, only, frame);
        }
        for (const auto& each : frame.sources) {
            if (each.tenant_column.empty() || each.bound) continue;
            refuse("does not tie " + each.table + " (" + each.alias + ") to a tenant: " + each.tenant_column + " = $n is missing");
        }
    }

    /// True when the conjunct ties a source that was not tied before.
    bool bind_one(SqlTokens tokens, std::optional<std::size_t> only, Frame& frame) {
        const auto equals = sql_find(tokens, "=");
        if (equals == tokens.size()) return false;
        const std::array<SqlTokens, 2> sides{tokens.first(equals), tokens.subspan(equals + 1)};
        bool changed = false;
        for (int side = 0; side < 2; ++side) {
            auto* const target = const_cast<Source*>(tenant_source(sides[static_cast<std::size_t>(side)], frame));
            if (target == nullptr || target->bound || !is_own(*target, frame, only)) continue;
            const auto other = sides[static_cast<std::size_t>(1 - side)];
            const auto n = parameter(other);
            const auto* const from = n ? nullptr : tenant_source(other, frame);
            if (!n && (from == nullptr || !from->bound)) continue;
            if (n) found_.parameters.push_back(*n);
            target->bound = changed = true;
        }
        return changed;
    }

    static bool is_own(const Source& source, const Frame& frame, std::optional<std::size_t> only) {
        for (std::size_t i = 0; i < frame.sources.size(); ++i) {
            if (&frame.sources[i] == &source) return !only || *only == i;
        }
        return false;  // an outer block's: this block cannot constrain it
    }

    /// The source whose tenant column `tokens` names, in this block or an outer one.
    static const Source* tenant_source(SqlTokens tokens, const Frame& frame) {
        tokens = unwrap(tokens);
        const bool qualified = tokens.size() == 3 && tokens[1].is(".");
        if (!(qualified || tokens.size() == 1) || !tokens[0].is_name()) return nullptr;
        for (const Frame* block = &frame; block != nullptr; block = block->outer) {
            if (!qualified && block->sources.size() > 1) return nullptr;  // which of them has the column is not in the text
            for (const auto& each : block->sources) {
                if (qualified && each.alias != tokens[0].text) continue;
                return !each.tenant_column.empty() && each.tenant_column == tokens.back().text ? &each : nullptr;
            }
        }
        return nullptr;
    }

    /// `$n` or `CAST($n AS type)`.
    static std::optional<int> parameter(SqlTokens tokens) {
        tokens = unwrap(tokens);
        if (tokens.size() == 6 && tokens[0].is("cast") && tokens[3].is("as")) tokens = tokens.subspan(2, 1);
        if (tokens.size() != 1 || tokens[0].kind != SqlToken::Kind::parameter) return std::nullopt;
        return std::stoi(tokens[0].text);
    }

    std::string_view name_;
    const TenantTables& tables_;
    TenantClauses found_;
};

}  // namespace

TenantClauses require_tenant_clauses(std::string_view name, std::string_view sql, const TenantTables& tables) {
    const auto tokens = sql_tokens(sql);
    return Checker(name, tables).run(tokens);
}

}  // namespace agentic::db
