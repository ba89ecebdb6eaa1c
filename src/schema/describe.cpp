// Tables as JSON Schema 2020-12.
#include <algorithm>
#include <cmath>

#include "core/encoding.hpp"
#include "core/json_text.hpp"
#include "schema/json_object.hpp"
#include "schema/scalars.hpp"

namespace agentic::schema {
namespace detail {
namespace {

constexpr auto kUnbounded = std::numeric_limits<std::int64_t>::max();
using Direction = Type::Direction;

// Bounds of integers are written as integers.
void add_bound(JsonObject& out, std::string_view key, double value, bool integral) {
    auto& text = out.name(key);
    append_number(text, value);
    if (integral && text.ends_with(".0")) text.resize(text.size() - 2);
}

std::string_view json_type(Kind kind) {
    switch (kind) {
        case Kind::boolean: return "boolean";
        case Kind::int32:
        case Kind::int64: return "integer";
        case Kind::number: return "number";
        case Kind::object: return "object";
        case Kind::array: return "array";
        default: return "string";
    }
}

void describe_enum(JsonObject& out, const ValueType& type, bool nullable) {
    auto& text = out.name("enum");
    text += '[';
    for (const auto name : type.names) {
        append_json_string(text, name);
        text += ',';
    }
    if (nullable) text += "null,";
    text.back() = ']';
}

void describe_constraints(JsonObject& out, const ValueType& type, const Constraints& rules) {
    if (rules.length.min > 0) out.count("minLength", rules.length.min);
    if (rules.length.max != kUnbounded) out.count("maxLength", rules.length.max);
    if (!rules.pattern.format.empty()) out.text("format", rules.pattern.format);
    if (!rules.pattern.regex.empty()) out.text("pattern", rules.pattern.regex);
    const bool integral = type.kind == Kind::int32 || type.kind == Kind::int64;
    if (!std::isinf(rules.range.min)) add_bound(out, "minimum", rules.range.min, integral);
    if (!std::isinf(rules.range.max)) add_bound(out, "maximum", rules.range.max, integral);
    const bool members = type.kind == Kind::json;
    if (rules.items.min > 0) out.count(members ? "minProperties" : "minItems", rules.items.min);
    if (rules.items.max != kUnbounded) out.count(members ? "maxProperties" : "maxItems", rules.items.max);
}

void describe_format(JsonObject& out, const ValueType& type) {
    switch (type.kind) {
        case Kind::int32: return out.text("format", "int32");
        case Kind::int64: return out.text("format", "int64");
        case Kind::number: return out.text("format", "double");
        case Kind::uuid: return out.text("format", "uuid");
        case Kind::timestamp: return out.text("format", "date-time");
        default: return;
    }
}

void describe_value(std::string& out, const ValueType& type, const Constraints& own, const Constraints& each, bool nullable);

// The members that say what values are allowed; describe_field adds its own to the same object.
void describe_members(JsonObject& out, const ValueType& type, const Constraints& own, const Constraints& each, bool nullable) {
    if (type.kind == Kind::object) {
        const auto ref = "\"#/components/schemas/" + std::string(type.object().name) + '"';
        if (nullable) out.raw("anyOf", "[{\"$ref\":" + ref + "},{\"type\":\"null\"}]");
        else out.raw("$ref", ref);
        return;
    }
    if (type.kind == Kind::json) {
        if (!own.holds.empty()) return out.splice(own.holds);
        if (own.object_only) out.raw("type", nullable ? R"(["object","null"])" : R"("object")");
        return describe_constraints(out, type, own);
    }
    const auto name = '"' + std::string(json_type(type.kind)) + '"';
    out.raw("type", nullable ? '[' + name + ",\"null\"]" : name);
    describe_format(out, type);
    if (type.kind == Kind::enumeration) describe_enum(out, type, nullable);
    if (type.kind == Kind::array) describe_value(out.name("items"), bare(*type.element), each, {}, type.element->kind == Kind::optional);
    describe_constraints(out, type, own);
}

void describe_value(std::string& out, const ValueType& type, const Constraints& own, const Constraints& each, bool nullable) {
    JsonObject members(out);
    describe_members(members, type, own, each, nullable);
}

bool is_nullable(const FieldInfo& field, Direction direction) {
    if (field.type->kind != Kind::optional || field.rules.not_null) return false;
    return direction == Direction::input || !field.rules.omit_empty;
}

bool is_required(const FieldInfo& field, Direction direction) {
    if (direction == Direction::input) return field.required();
    const bool may_be_absent = field.rules.omit_empty || (field.type->kind == Kind::optional && field.type->element->kind == Kind::optional);
    return !may_be_absent;
}

void describe_field(std::string& out, const StructInfo& info, const FieldInfo& field, bool nullable, Direction direction) {
    JsonObject members(out);
    describe_members(members, bare(*field.type), field.rules.own, field.rules.each, nullable);
    if (!field.rules.description.empty()) members.text("description", field.rules.description);
    if (field.rules.defaulted && direction == Direction::input) write_value(*field.type, field.in(info.defaults), members.name("default"));
    if (!field.rules.example.empty()) members.raw("examples", '[' + std::string(field.rules.example) + ']');
    if (field.rules.write_only) members.raw("writeOnly", "true");
}

}  // namespace

const ValueType& bare(const ValueType& type) { return type.kind == Kind::optional ? bare(*type.element) : type; }

}  // namespace detail

using namespace detail;

void Type::describe(std::string& json_schema, Direction direction) const {
    JsonObject object(json_schema);
    object.raw("type", "\"object\"");
    if (!info->doc.empty()) object.text("description", info->doc);
    {
        JsonObject properties(object.name("properties"));
        for (const auto& field : info->fields) describe_field(properties.name(field.name), *info, field, is_nullable(field, direction), direction);
    }
    std::string required;
    for (const auto& field : info->fields)
        if (is_required(field, direction)) append_json_string(required += required.empty() ? "[" : ",", field.name);
    if (!required.empty()) object.raw("required", required + ']');
    if (!info->ignore_unknown) object.raw("additionalProperties", "false");
}

std::vector<const Type*> Type::nested() const {
    std::vector<const Type*> found;
    for (const auto& field : info->fields) {
        const auto* type = &bare(*field.type);
        while (type->kind == Kind::array) type = &bare(*type->element);
        if (type->kind == Kind::object && !std::ranges::contains(found, &type->object())) found.push_back(&type->object());
    }
    return found;
}

std::vector<QueryParameter> Type::query_parameters() const {
    std::vector<QueryParameter> parameters;
    for (const auto& field : info->fields) {
        QueryParameter parameter{std::string(field.name), std::string(field.rules.description), field.required() && field.type->kind != Kind::array, {}};
        auto plain = field;
        plain.rules.description = {};
        describe_field(parameter.json_schema, *info, plain, false, Direction::input);
        parameters.push_back(std::move(parameter));
    }
    return parameters;
}

}  // namespace agentic::schema
