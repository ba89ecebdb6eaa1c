#pragma once
#include <gumbo.h>

#include <cstdint>
#include <string_view>

// What HTML elements mean for text (HTML Living Standard, 15 Rendering).
namespace agentic::extract {

enum class ElementRole : std::uint8_t { inlined, block, skipped, heading, list_item, preformatted, table, row, cell, line_break, ruby_text };

ElementRole role_of(GumboTag tag);

/// Not shown whatever its name: the hidden attribute, display:none, visibility:hidden.
bool is_hidden(const GumboElement& element);

/// The value of an attribute, empty when there is none.
std::string_view attribute(const GumboElement& element, const char* name);

}  // namespace agentic::extract
