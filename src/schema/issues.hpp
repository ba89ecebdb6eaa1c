#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace agentic::schema::detail {

/// Where the reader is: a chain on the stack, spelled out only when something is wrong there.
struct Path {
    const Path* parent = nullptr;
    std::string_view name;      // of a field, or
    std::size_t index = 0;      // of an array's element, when `name` has no data
};

/// Collects violations, at most 100: a hostile body must not make a bigger answer than itself.
class Issues {
public:
    static constexpr std::size_t kMax = 100;

    void add(const Path& where, std::string issue);
    /// Adds what a struct's own check() found, under the struct's path.
    void add_all(const Path& where, Violations violations);
    bool full() const { return violations_.size() >= kMax; }
    std::size_t count() const { return violations_.size(); }
    Violations take() { return std::move(violations_); }

private:
    Violations violations_;
};

/// A name that came from outside, fit for an error message: valid UTF-8, no control characters, at most 64 bytes.
std::string safe_name(std::string_view name);

}  // namespace agentic::schema::detail
