#include "api/router.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace agentic::api {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

// Cuts the first segment off "/a/b": returns "a" and leaves "/b".
std::string_view take_segment(std::string_view& rest) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    return segment;
}

PathParameters name_parameters(const Route& route, const std::vector<std::string_view>& values) {
    PathParameters parameters;
    if (values.empty()) return parameters;
    parameters.reserve(values.size());
    for (auto rest = route.path; !rest.empty();) {
        const auto segment = take_segment(rest);
        if (is_parameter(segment)) parameters.emplace_back(segment.substr(1, segment.size() - 2), values[parameters.size()]);
    }
    return parameters;
}

}  // namespace

bool Router::Node::has_routes() const {
    return std::ranges::any_of(routes, [](const Route* route) { return route != nullptr; });
}

Router::Router(std::span<const Route> routes) : nodes_(1) {
    for (const auto& route : routes) add(route);
}

void Router::add(const Route& route) {
    std::uint32_t node = 0;
    for (auto rest = route.path; rest.size() > 1;) node = child(node, take_segment(rest));
    auto& place = nodes_[node].routes[static_cast<std::size_t>(route.method)];
    if (place) throw std::logic_error("two routes for " + std::string(http::to_string(route.method)) + ' ' + std::string(route.path));
    place = &route;
}

std::uint32_t Router::child(std::uint32_t node, std::string_view segment) {
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    if (is_parameter(segment)) {
        if (nodes_[node].parameter != kNone) return nodes_[node].parameter;
        nodes_[node].parameter = fresh;
        nodes_.emplace_back().is_parameter = true;
        return fresh;
    }
    auto& fixed = nodes_[node].fixed;
    const auto at = std::ranges::lower_bound(fixed, segment, {}, [](const auto& entry) { return entry.first; });
    if (at != fixed.end() && at->first == segment) return at->second;
    fixed.emplace(at, segment, fresh);
    nodes_.emplace_back();
    return fresh;
}

// A fixed segment that leads nowhere is given up for the parameter beside it. Recursion is bounded by the deepest route.
const Router::Node* Router::descend(std::uint32_t index, std::string_view rest, std::vector<std::string_view>& values) const {
    const auto& node = nodes_[index];
    if (rest.empty()) return node.has_routes() ? &node : nullptr;
    const auto segment = take_segment(rest);
    const auto at = std::ranges::lower_bound(node.fixed, segment, {}, [](const auto& entry) { return entry.first; });
    if (at != node.fixed.end() && at->first == segment)
        if (const auto* found = descend(at->second, rest, values)) return found;
    if (node.parameter == kNone || segment.empty()) return nullptr;
    values.push_back(segment);
    if (const auto* found = descend(node.parameter, rest, values)) return found;
    values.pop_back();
    return nullptr;
}

Router::Match Router::find(http::Method method, std::string_view path) const {
    if (!path.starts_with('/')) return {};
    std::vector<std::string_view> values;
    const auto* node = descend(0, path == "/" ? std::string_view() : path, values);
    if (!node) return {};
    const auto route_for = [&](http::Method m) { return node->routes[static_cast<std::size_t>(m)]; };
    Match match;
    match.route = route_for(method);
    if (!match.route && method == http::Method::head) match.route = route_for(http::Method::get);
    if (!match.route) {
        for (std::size_t i = 0; i < kMethods; ++i)
            if (node->routes[i]) match.allowed.push_back(static_cast<http::Method>(i));
        return match;
    }
    match.is_resource = route_for(http::Method::get) && (node->is_parameter || route_for(http::Method::patch) || route_for(http::Method::put));
    match.parameters = name_parameters(*match.route, values);
    return match;
}

}  // namespace agentic::api
