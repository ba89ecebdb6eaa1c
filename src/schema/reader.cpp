// JSON text into a wire struct, all violations at once.
#include <bitset>
#include <cmath>
#include <limits>

#include "core/json_text.hpp"
#include "schema/json_document.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema::detail {
namespace {

struct Reader {
    Issues issues;

    void value(yyjson_val* json, const ValueType& type, const Constraints& own, const Constraints& each, void* out, const Path& where);
    void object(yyjson_val* json, const StructInfo& info, void* out, const Path& where);

private:
    void array(yyjson_val* json, const ValueType& type, const Constraints& own, const Constraints& each, void* out, const Path& where);
    void free_form(yyjson_val* json, const Constraints& own, void* out, const Path& where);
    void integer(yyjson_val* json, const ValueType& type, const Constraints& own, void* out, const Path& where);
    void field(yyjson_val* json, const FieldInfo& field, void* object, const Path& where);
};

// The field called `name`: usually the one after the field before it, as bodies tend to keep the order of the documentation.
std::size_t find_field(const StructInfo& info, std::string_view name, std::size_t guess) {
    const auto& fields = info.fields;
    if (guess < fields.size() && fields[guess].name == name) return guess;
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].name == name) return i;
    return fields.size();
}

void Reader::integer(yyjson_val* json, const ValueType& type, const Constraints& own, void* out, const Path& where) {
    constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (yyjson_is_sint(json)) return store_integer(yyjson_get_sint(json), type, own, out, where, issues);
    if (yyjson_is_uint(json) && yyjson_get_uint(json) <= kMax)
        return store_integer(static_cast<std::int64_t>(yyjson_get_uint(json)), type, own, out, where, issues);
    // Integers of more than 64 bits arrive as reals. 1.0 is refused: an integer is written as one.
    constexpr double kTwoTo53 = 9007199254740992.0;
    if (yyjson_is_uint(json) || (yyjson_is_real(json) && std::abs(yyjson_get_real(json)) > kTwoTo53))
        return refuse_integer(type, own, where, issues);
    issues.add(where, type_issue(type));
}

void Reader::free_form(yyjson_val* json, const Constraints& own, void* out, const Path& where) {
    if (own.object_only && !yyjson_is_obj(json)) return issues.add(where, "must be an object");
    if (yyjson_is_obj(json)) check_items(yyjson_obj_size(json), own, "member", where, issues);
    if (yyjson_is_arr(json)) check_items(yyjson_arr_size(json), own, "item", where, issues);
    auto& text = static_cast<JsonText*>(out)->text;
    text.clear();
    append_free_form(json, text, where, issues);
    if (std::ssize(text) > own.bytes.max) issues.add(where, "must take at most " + std::to_string(own.bytes.max) + " bytes as JSON");
}

void Reader::array(yyjson_val* json, const ValueType& type, const Constraints& own, const Constraints& each, void* out, const Path& where) {
    if (!yyjson_is_arr(json)) return issues.add(where, type_issue(type));
    check_items(yyjson_arr_size(json), own, "item", where, issues);
    type.clear(out);  // a member initialiser may have filled it
    auto elements = yyjson_arr_iter_with(json);
    std::size_t index = 0;
    while (auto* element = yyjson_arr_iter_next(&elements)) {
        if (issues.full()) return;
        value(element, *type.element, each, {}, type.emplace(out), {&where, {}, index++});
    }
}

void Reader::value(yyjson_val* json, const ValueType& type, const Constraints& own, const Constraints& each, void* out, const Path& where) {
    switch (type.kind) {
        case Kind::optional:
            if (yyjson_is_null(json) && type.element->kind != Kind::optional) return type.clear(out);
            return value(json, *type.element, own, each, type.emplace(out), where);
        case Kind::boolean:
            if (!yyjson_is_bool(json)) break;
            *static_cast<bool*>(out) = yyjson_get_bool(json);
            return;
        case Kind::int32:
        case Kind::int64: return integer(json, type, own, out, where);
        case Kind::number:
            if (!yyjson_is_num(json)) break;
            return store_number(yyjson_get_num(json), own, out, where, issues);
        case Kind::string:
        case Kind::uuid:
        case Kind::timestamp:
        case Kind::enumeration:
            if (!yyjson_is_str(json)) break;
            return store_text(text_of(json), type, own, out, where, issues);
        case Kind::json: return free_form(json, own, out, where);
        case Kind::object:
            if (!yyjson_is_obj(json)) break;
            return object(json, *type.object().info, out, where);
        case Kind::array: return array(json, type, own, each, out, where);
    }
    issues.add(where, type_issue(type));
}

void Reader::field(yyjson_val* json, const FieldInfo& field, void* object, const Path& where) {
    const auto& rules = field.rules;
    if (rules.not_null && yyjson_is_null(json)) return issues.add(where, "must not be null");
    value(json, *field.type, rules.own, rules.each, field.in(object), where);
}

void Reader::object(yyjson_val* json, const StructInfo& info, void* out, const Path& where) {
    const auto before = issues.count();
    std::bitset<kMaxFields> seen;
    std::size_t next = 0;
    auto members = yyjson_obj_iter_with(json);
    while (auto* key = yyjson_obj_iter_next(&members)) {
        if (issues.full()) return;
        const Path member{&where, text_of(key)};
        const auto i = find_field(info, text_of(key), next);
        next = i + 1;
        if (i == info.fields.size()) {
            if (!info.ignore_unknown) issues.add(member, "is not a known field");
        } else if (seen.test(i)) {
            issues.add(member, "is given more than once");
        } else {
            seen.set(i);
            field(yyjson_obj_iter_get_val(key), info.fields[i], out, member);
        }
    }
    for (std::size_t i = 0; i < info.fields.size(); ++i)
        if (!seen.test(i) && info.fields[i].required()) issues.add({&where, info.fields[i].name}, "is required");
    if (info.check && issues.count() == before) {
        Violations found;
        info.check(out, found);
        issues.add_all(where, std::move(found));
    }
}

}  // namespace

Result<void> parse_json(const Type& type, std::string_view json, void* out) {
    JsonDocument document;
    AGENTIC_TRY(auto* root, document.parse(json));
    Reader reader;
    if (yyjson_is_obj(root)) reader.object(root, *type.info, out, {});
    else reader.issues.add({}, "must be an object");
    if (reader.issues.count() > 0) return fail_validation(reader.issues.take());
    return {};
}

}  // namespace agentic::schema::detail
