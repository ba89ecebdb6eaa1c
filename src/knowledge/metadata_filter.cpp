#include "knowledge/metadata_filter.hpp"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <compare>
#include <optional>
#include <utility>
#include <vector>

#include "core/encoding.hpp"

namespace agentic::knowledge {
namespace json = boost::json;

enum class Operator : std::uint8_t { eq, ne, gt, gte, lt, lte, in, nin, all_of, any_of };

struct MetadataFilter::Node {
    Operator op = Operator::all_of;
    std::string key;
    std::vector<json::value> values;    // one, or any number for in and nin
    std::vector<Node> children;         // of all_of and any_of
};

namespace {

using Node = MetadataFilter::Node;

constexpr std::size_t kLevelsMax = 8, kConditionsMax = 64, kValuesMax = 256, kKeyBytesMax = 128, kTextBytesMax = 1024, kViolationsMax = 100, kJsonBytesMax = 256 << 10;

constexpr std::pair<std::string_view, Operator> kOperators[] = {{"eq", Operator::eq},   {"ne", Operator::ne}, {"gt", Operator::gt},   {"gte", Operator::gte},    {"lt", Operator::lt},
                                                                {"lte", Operator::lte}, {"in", Operator::in}, {"nin", Operator::nin}, {"and", Operator::all_of}, {"or", Operator::any_of}};

std::optional<Operator> operator_named(std::string_view name) {
    const auto* found = std::ranges::find(kOperators, name, &std::pair<std::string_view, Operator>::first);
    return found == std::end(kOperators) ? std::nullopt : std::optional(found->second);
}

class Parser {
public:
    Node parse(const json::value& value, const std::string& path, std::size_t level) {
        const auto* object = value.if_object();
        if (!object) return refuse(path, "must be an object");
        if (level > kLevelsMax) return refuse(path, "is nested deeper than 8 levels");
        if (!object->contains("type") || !(object->contains("key") || object->contains("filters"))) return equalities(*object, path);
        const auto* type = object->at("type").if_string();
        const auto op = type ? operator_named(*type) : std::nullopt;
        if (!op) return refuse(path + ".type", "must be one of eq, ne, gt, gte, lt, lte, in, nin, and, or");
        return *op == Operator::all_of || *op == Operator::any_of ? group(*op, *object, path, level) : comparison(*op, *object, path);
    }

    Violations take() { return std::move(violations_); }

private:
    Node refuse(const std::string& path, std::string issue) {
        if (violations_.size() < kViolationsMax) violations_.push_back({path, std::move(issue)});
        return {};
    }

    void refuse_other_members(const json::object& object, std::initializer_list<std::string_view> known, const std::string& path) {
        for (const auto& member : object) {
            if (!std::ranges::contains(known, std::string_view(member.key()))) refuse(path, "has an unknown member");
        }
    }

    Node equalities(const json::object& object, const std::string& path) {
        Node node;
        for (const auto& [key, value] : object) {
            if (!count(path)) break;
            check_key(key, path);
            check_scalar(value, key.size() <= kKeyBytesMax ? path + "." + std::string(key) : path);
            node.children.push_back({.op = Operator::eq, .key = key, .values = {value}});
        }
        return node;
    }

    Node group(Operator op, const json::object& object, const std::string& path, std::size_t level) {
        refuse_other_members(object, {"type", "filters"}, path);
        const auto* filters = object.if_contains("filters");
        const auto* list = filters ? filters->if_array() : nullptr;
        if (!list || list->empty()) return refuse(path + ".filters", "must be a list of at least one filter");
        Node node{.op = op};
        for (std::size_t i = 0; i < list->size(); ++i) {
            if (!count(path)) break;
            node.children.push_back(parse((*list)[i], path + ".filters[" + std::to_string(i) + "]", level + 1));
        }
        return node;
    }

    Node comparison(Operator op, const json::object& object, const std::string& path) {
        refuse_other_members(object, {"type", "key", "value"}, path);
        Node node{.op = op};
        const auto* key = object.if_contains("key");
        if (key && key->is_string()) {
            node.key = key->get_string();
            check_key(node.key, path + ".key");
        } else {
            refuse(path + ".key", "must be a text");
        }
        const auto* value = object.if_contains("value");
        if (!value) return refuse(path + ".value", "is required");
        if (op == Operator::in || op == Operator::nin) {
            add_values(node, *value, path + ".value");
        } else {
            check_scalar(*value, path + ".value");
            const bool is_ordered = value->is_string() || value->is_number();
            if (op != Operator::eq && op != Operator::ne && !is_ordered) refuse(path + ".value", "must be a number or a text");
            node.values.push_back(*value);
        }
        return node;
    }

    void add_values(Node& node, const json::value& value, const std::string& path) {
        const auto* list = value.if_array();
        if (!list || list->size() > kValuesMax) {
            refuse(path, "must be a list of at most 256 values");
            return;
        }
        for (std::size_t i = 0; i < list->size(); ++i) check_scalar((*list)[i], path + "[" + std::to_string(i) + "]");
        node.values.assign(list->begin(), list->end());
    }

    void check_key(std::string_view key, const std::string& path) {
        if (key.empty() || key.size() > kKeyBytesMax) refuse(path, "has a key that is empty or longer than 128 bytes");
    }

    void check_scalar(const json::value& value, const std::string& path) {
        if (value.is_structured()) refuse(path, "must be a text, a number, true, false or null");
        if (value.is_string() && value.get_string().size() > kTextBytesMax) refuse(path, "is longer than 1024 bytes");
    }

    bool count(const std::string& path) {
        if (++conditions_ <= kConditionsMax) return true;
        if (conditions_ == kConditionsMax + 1) refuse(path, "has more than 64 conditions");
        return false;
    }

    Violations violations_;
    std::size_t conditions_ = 0;
};

std::partial_ordering compare_numbers(const json::value& a, const json::value& b) {
    if (a.is_int64() && b.is_int64()) return a.get_int64() <=> b.get_int64();
    if (a.is_uint64() && b.is_uint64()) return a.get_uint64() <=> b.get_uint64();
    if (a.is_int64() && b.is_uint64()) return std::partial_ordering::less;  // Boost.JSON makes uint64 only of what int64 cannot hold
    if (a.is_uint64() && b.is_int64()) return std::partial_ordering::greater;
    return a.to_number<double>() <=> b.to_number<double>();
}

std::partial_ordering compare(const json::value& a, const json::value& b) {
    if (a.is_number() && b.is_number()) return compare_numbers(a, b);
    if (a.is_string() && b.is_string()) return std::string_view(a.get_string()) <=> std::string_view(b.get_string());
    if (a.is_bool() && b.is_bool()) return a.get_bool() == b.get_bool() ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
    return a.is_null() && b.is_null() ? std::partial_ordering::equivalent : std::partial_ordering::unordered;
}

bool equals(const json::value* stored, const json::value& wanted) {
    if (!stored) return wanted.is_null();
    if (const auto* list = stored->if_array()) return std::ranges::any_of(*list, [&](const json::value& element) { return compare(element, wanted) == 0; });
    return compare(*stored, wanted) == 0;
}

bool holds(const Node& node, const json::object& metadata) {
    const auto is_held = [&](const Node& child) { return holds(child, metadata); };
    if (node.op == Operator::all_of) return std::ranges::all_of(node.children, is_held);
    if (node.op == Operator::any_of) return std::ranges::any_of(node.children, is_held);
    const auto* stored = metadata.if_contains(node.key);
    const auto equals_any = [&] { return std::ranges::any_of(node.values, [&](const json::value& wanted) { return equals(stored, wanted); }); };
    const auto order = stored && node.values.size() == 1 && (stored->is_number() || stored->is_string()) ? compare(*stored, node.values.front()) : std::partial_ordering::unordered;
    switch (node.op) {
        case Operator::eq: case Operator::in: return equals_any();
        case Operator::ne: case Operator::nin: return !equals_any();
        case Operator::gt: return order > 0;
        case Operator::gte: return order >= 0;
        case Operator::lt: return order < 0;
        case Operator::lte: return order <= 0;
        case Operator::all_of: case Operator::any_of: break;
    }
    std::unreachable();
}

}  // namespace

Result<MetadataFilter> MetadataFilter::parse(std::string_view text, std::string_view field) {
    if (text.size() > kJsonBytesMax) return fail_validation({{std::string(field), "is longer than 256 KiB"}});
    boost::system::error_code error;
    const auto value = json::parse(text, error, {}, {.max_depth = 32});
    if (error || !is_valid_utf8(text)) return fail(ErrorCode::bad_request, std::string(field) + " is not valid JSON");
    Parser parser;
    auto root = parser.parse(value, std::string(field), 1);
    if (auto violations = parser.take(); !violations.empty()) return fail_validation(std::move(violations));
    MetadataFilter out;
    if (!root.children.empty() || !root.key.empty()) out.root_ = std::make_shared<const Node>(std::move(root));
    return out;
}

bool MetadataFilter::matches(std::string_view metadata) const {
    if (!root_) return true;
    static const json::object kNone;
    std::byte buffer[4096];
    json::monotonic_resource memory(buffer, sizeof buffer);
    boost::system::error_code error;
    const auto value = json::parse(metadata, error, &memory);
    const auto* object = error ? nullptr : value.if_object();
    return holds(*root_, object ? *object : kNone);
}

}  // namespace agentic::knowledge
