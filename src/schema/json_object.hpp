#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace agentic::schema {

/// Writes one JSON object member by member at the end of a string; the object ends with the scope.
class JsonObject {
public:
    explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
    ~JsonObject() { out_ += '}'; }
    JsonObject(const JsonObject&) = delete;
    JsonObject& operator=(const JsonObject&) = delete;

    /// Starts a member, whose value the caller appends to what is returned.
    std::string& name(std::string_view key);
    void text(std::string_view key, std::string_view value);
    void raw(std::string_view key, std::string_view json) { name(key) += json; }
    /// Appends members that are JSON already, such as `"type":"string","maxLength":9`.
    void splice(std::string_view members);
    void count(std::string_view key, std::int64_t value);

private:
    std::string& out_;
};

/// The same JSON (which must be valid) over several lines, for people and diffs; ends with a line break.
std::string indent_json(std::string_view json);

}  // namespace agentic::schema
