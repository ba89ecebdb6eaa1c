// Query parameters into a wire struct, by the same rules and in the same words as a body.
#include <bitset>
#include <charconv>
#include <cmath>

#include "core/encoding.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema::detail {
namespace {

// The whole of `text` as a number.
template <class Number>
bool read_number(std::string_view text, Number& value, std::errc& why) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    why = error;
    return error == std::errc() && end == text.data() + text.size();
}

void read_integer(std::string_view text, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues) {
    std::int64_t value = 0;
    std::errc why{};
    if (read_number(text, value, why)) return store_integer(value, type, rules, out, where, issues);
    if (why == std::errc::result_out_of_range && text.find_first_not_of("-0123456789") == text.npos) return refuse_integer(type, rules, where, issues);
    issues.add(where, type_issue(type));
}

void read_scalar(std::string_view text, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues) {
    if (!is_valid_utf8(text)) return issues.add(where, "must be valid UTF-8");
    switch (type.kind) {
        case Kind::boolean:
            if (text != "true" && text != "false") return issues.add(where, type_issue(type));
            *static_cast<bool*>(out) = text == "true";
            return;
        case Kind::int32:
        case Kind::int64: return read_integer(text, type, rules, out, where, issues);
        case Kind::number: {
            double value = 0;
            std::errc why{};
            if (!read_number(text, value, why) || !std::isfinite(value)) return issues.add(where, type_issue(type));
            return store_number(value, rules, out, where, issues);
        }
        case Kind::string:
        case Kind::uuid:
        case Kind::timestamp:
        case Kind::enumeration: return store_text(text, type, rules, out, where, issues);
        default: issues.add(where, "cannot be given in the query");
    }
}

struct QueryReader {
    const StructInfo& info;
    void* out;
    Issues issues{};
    std::bitset<kMaxFields> seen{};

    void parameter(const std::string& name, std::string_view text) {
        const Path where{nullptr, name};
        std::size_t i = 0;
        while (i < info.fields.size() && info.fields[i].name != name) ++i;
        if (i == info.fields.size()) {
            if (!info.ignore_unknown) issues.add(where, "is not a known parameter");
            return;
        }
        const auto& field = info.fields[i];
        const auto* type = field.type;
        void* target = field.in(out);
        for (; type->kind == Kind::optional; type = type->element) target = seen.test(i) ? const_cast<void*>(type->at(target, 0)) : type->emplace(target);
        if (type->kind == Kind::array) {
            if (!seen.test(i)) type->clear(target);
            read_scalar(text, *type->element, field.rules.each, type->emplace(target), where, issues);
        } else if (seen.test(i)) {
            issues.add(where, "is given more than once");
        } else {
            read_scalar(text, *type, field.rules.own, target, where, issues);
        }
        seen.set(i);
    }

    void finish() {
        for (std::size_t i = 0; i < info.fields.size(); ++i) {
            const auto& field = info.fields[i];
            const Path where{nullptr, field.name};
            if (!seen.test(i) && field.required() && field.type->kind != Kind::array) issues.add(where, "is required");
            if (field.type->kind == Kind::array && (seen.test(i) || field.required()))
                check_items(field.type->size(field.in(out)), field.rules.own, "item", where, issues);
        }
        if (!info.check || issues.count() > 0) return;
        Violations found;
        info.check(out, found);
        issues.add_all({}, std::move(found));
    }
};

}  // namespace

Result<void> parse_query(const Type& type, const QueryPairs& query, void* out) {
    QueryReader reader{.info = *type.info, .out = out};
    for (const auto& [name, text] : query)
        if (!reader.issues.full()) reader.parameter(name, text);
    reader.finish();
    if (reader.issues.count() > 0) return fail_validation(reader.issues.take());
    return {};
}

}  // namespace agentic::schema::detail
