#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.hpp"

namespace agentic::api {

using PathParameters = std::vector<std::pair<std::string_view, std::string_view>>;

/// Finds the route of a path: a tree of segments, where a fixed segment wins over a parameter. Built once, then read-only.
class Router {
public:
    /// The routes must outlive the router. Throws std::logic_error when two rows have the same method and shape of path.
    explicit Router(std::span<const Route> routes);

    struct Match {
        const Route* route = nullptr;       // nullptr: no such path, or not with that method
        std::vector<http::Method> allowed;  // the methods of the path, when it exists but not with that method
        PathParameters parameters;          // names from the route, values from `path`
        bool is_resource = false;           // one thing with a state of its own, read with an ETag and written with If-Match: it has a GET, and its path
                                            // ends in a parameter or takes PATCH or PUT
    };
    /// HEAD finds the GET route.
    Match find(http::Method method, std::string_view path) const;

private:
    static constexpr std::size_t kMethods = 7;
    static constexpr std::uint32_t kNone = 0;  // the root is nobody's child

    struct Node {
        std::vector<std::pair<std::string_view, std::uint32_t>> fixed;  // sorted by segment
        std::uint32_t parameter = kNone;
        bool is_parameter = false;
        std::array<const Route*, kMethods> routes{};

        bool has_routes() const;
    };

    void add(const Route& route);
    std::uint32_t child(std::uint32_t node, std::string_view segment);
    const Node* descend(std::uint32_t node, std::string_view rest, std::vector<std::string_view>& values) const;

    std::vector<Node> nodes_;
};

}  // namespace agentic::api
