#include "schema/json_object.hpp"

#include "core/encoding.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema {

std::string& JsonObject::name(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    append_json_string(out_, key);
    return out_ += ':';
}

void JsonObject::text(std::string_view key, std::string_view value) { append_json_string(name(key), value); }

void JsonObject::splice(std::string_view members) {
    if (out_.back() != '{') out_ += ',';
    out_ += members;
}

void JsonObject::count(std::string_view key, std::int64_t value) { detail::append_integer(name(key), value); }

std::string indent_json(std::string_view json) {
    std::string out;
    std::size_t depth = 0;
    bool in_string = false;
    const auto break_line = [&] { out.append(1, '\n').append(2 * depth, ' '); };
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
        if (in_string || !(opens || closes || c == ',' || c == ':')) {
            out += c;
            if (in_string && c == '\\') out += json[++i];
            else if (c == '"') in_string = !in_string;
        } else if (closes) {
            --depth;
            if (!out.ends_with('{') && !out.ends_with('[')) break_line();
            out += c;
        } else {
            out += c;
            depth += opens ? 1 : 0;
            if (c == ':') out += ' ';
            else if (c == ',' || (i + 1 < json.size() && json[i + 1] != '}' && json[i + 1] != ']')) break_line();
        }
    }
    return out += '\n';
}

}  // namespace agentic::schema
