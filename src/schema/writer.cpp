// A wire struct as compact JSON, straight into the answer's body.
#include "core/clock.hpp"
#include "core/encoding.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema::detail {
namespace {

void write_array(const ValueType& type, const void* array, std::string& out) {
    const auto count = type.size(array);
    out += '[';
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out += ',';
        write_value(*type.element, type.at(array, i), out);
    }
    out += ']';
}

void write_uuid(const Uuid& id, std::string& out) {
    char text[38];
    text[0] = text[37] = '"';
    id.write(text + 1);
    out.append(text, sizeof text);
}

void write_timestamp(const Timestamp& time, std::string& out) {
    char text[29];
    text[0] = text[28] = '"';
    time.write(text + 1);
    out.append(text, sizeof text);
}

bool is_left_out(const FieldInfo& field, const void* value) {
    if (field.type->kind != Kind::optional) return false;
    if (!field.rules.omit_empty && field.type->element->kind != Kind::optional) return false;
    return field.type->size(value) == 0;
}

}  // namespace

void reserve_like_last(const Type& type, std::string& out) {
    const std::size_t last = type.info->last_size.load(std::memory_order_relaxed);
    out.reserve(last + last / 8);
}

// Written only when it has changed much: the line is shared between the I/O threads.
void remember_size(const Type& type, std::size_t size) {
    constexpr std::size_t kMax = 1 << 20;
    const std::size_t last = type.info->last_size.load(std::memory_order_relaxed);
    if (size <= last + last / 8 && size >= last / 4) return;
    type.info->last_size.store(static_cast<std::uint32_t>(size < kMax ? size : kMax), std::memory_order_relaxed);
}

void write_value(const ValueType& type, const void* value, std::string& out) {
    switch (type.kind) {
        case Kind::boolean: out += *static_cast<const bool*>(value) ? "true" : "false"; return;
        case Kind::int32: return append_integer(out, *static_cast<const std::int32_t*>(value));
        case Kind::int64: return append_integer(out, *static_cast<const std::int64_t*>(value));
        case Kind::number: return append_number(out, *static_cast<const double*>(value));
        case Kind::string: return append_json_string(out, *static_cast<const std::string*>(value));
        case Kind::uuid: return write_uuid(*static_cast<const Uuid*>(value), out);
        case Kind::timestamp: return write_timestamp(*static_cast<const Timestamp*>(value), out);
        case Kind::json: out += static_cast<const JsonText*>(value)->text; return;
        case Kind::enumeration: {
            const auto index = type.enum_index(value);
            out += '"';
            if (index < type.names.size()) out += type.names[index];
            out += '"';
            return;
        }
        case Kind::object: return write_object(*type.object().info, value, out);
        case Kind::array: return write_array(type, value, out);
        case Kind::optional:
            if (type.size(value) == 0) out += "null";
            else write_value(*type.element, type.at(value, 0), out);
    }
}

void write_object(const StructInfo& info, const void* object, std::string& out) {
    char before = '{';
    for (const auto& field : info.fields) {
        const void* value = field.in(object);
        if (is_left_out(field, value)) continue;
        out += before;
        out += field.key;
        write_value(*field.type, value, out);
        before = ',';
    }
    if (before == '{') out += '{';
    out += '}';
}

}  // namespace agentic::schema::detail
