#include <algorithm>
#include <string>
#include <vector>

#include "core/encoding.hpp"
#include "schema/json_document.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema::detail {
namespace {

void append_text(yyjson_val* value, std::string& out, const Path& where, Issues& issues) {
    const auto text = text_of(value);
    if (text.contains('\0')) issues.add(where, "must not contain NUL characters");
    append_json_string(out, text);
}

// Sorting, not hashing: names come from outside, and colliding ones must not cost more.
void refuse_duplicates(yyjson_val* object, const Path& where, Issues& issues) {
    if (yyjson_obj_size(object) < 2) return;
    std::vector<std::string_view> names;
    names.reserve(yyjson_obj_size(object));
    auto members = yyjson_obj_iter_with(object);
    while (auto* name = yyjson_obj_iter_next(&members)) names.push_back(text_of(name));
    std::ranges::sort(names);
    for (auto twice = names.begin(); (twice = std::adjacent_find(twice, names.end())) != names.end() && !issues.full(); ++twice)
        issues.add({&where, *twice}, "is given more than once");
}

void append_object(yyjson_val* object, std::string& out, const Path& where, Issues& issues) {
    refuse_duplicates(object, where, issues);
    out += '{';
    auto members = yyjson_obj_iter_with(object);
    while (auto* name = yyjson_obj_iter_next(&members)) {
        if (out.back() != '{') out += ',';
        const Path member{&where, text_of(name)};
        append_text(name, out, member, issues);
        out += ':';
        append_free_form(yyjson_obj_iter_get_val(name), out, member, issues);
    }
    out += '}';
}

void append_array(yyjson_val* array, std::string& out, const Path& where, Issues& issues) {
    out += '[';
    auto elements = yyjson_arr_iter_with(array);
    std::size_t index = 0;
    while (auto* element = yyjson_arr_iter_next(&elements)) {
        if (index > 0) out += ',';
        append_free_form(element, out, {&where, {}, index++}, issues);
    }
    out += ']';
}

}  // namespace

// Recursion is bounded by the depth limit of JsonDocument::parse.
void append_free_form(yyjson_val* value, std::string& out, const Path& where, Issues& issues) {
    if (issues.full()) return;
    switch (yyjson_get_type(value)) {
        case YYJSON_TYPE_BOOL: out += yyjson_get_bool(value) ? "true" : "false"; return;
        case YYJSON_TYPE_STR: return append_text(value, out, where, issues);
        case YYJSON_TYPE_ARR: return append_array(value, out, where, issues);
        case YYJSON_TYPE_OBJ: return append_object(value, out, where, issues);
        case YYJSON_TYPE_NUM: break;
        default: out += "null"; return;
    }
    if (yyjson_is_real(value)) append_number(out, yyjson_get_real(value));
    else if (yyjson_is_uint(value)) out += std::to_string(yyjson_get_uint(value));
    else append_integer(out, yyjson_get_sint(value));
}

}  // namespace agentic::schema::detail
