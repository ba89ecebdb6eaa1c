#pragma once
#include <string_view>

#include "knowledge/document.hpp"

namespace agentic::extract {

/// What a file is made of, and what it was said to be.
struct Source {
    std::string_view bytes;
    std::string_view file_name;       // its extension decides between formats that are all plain text
    std::string_view declared_type;   // a MIME type, may be empty; may carry a charset
};

/// Tables and libraries that are loaded before the process locks itself in.
void prepare();

/// The text of a file. Throws Failed; std::bad_alloc past the memory limit.
knowledge::ExtractedDocument extract(const Source& source);

}  // namespace agentic::extract
