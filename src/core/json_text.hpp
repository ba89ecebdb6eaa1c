#pragma once
#include <string>

namespace agentic {

/// A JSON document kept as text: free-form fields travel from the request to the row and back without being taken apart.
/// Invariant, held by whoever makes one from outside bytes (the schema codec): valid, compact JSON.
struct JsonText {
    std::string text = "null";

    bool operator==(const JsonText&) const = default;
};

}  // namespace agentic
