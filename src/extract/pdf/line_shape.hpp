#pragma once
#include <string>
#include <string_view>

// What the first and last characters of a line say about the text around it.
namespace agentic::extract::pdf {

/// The line ends as sentences, colons and quotations do.
bool ends_sentence(std::string_view line);
bool begins_lower(std::string_view line);

/// The line ends in a hyphen after a letter; soft hyphens and U+2010 count.
bool ends_in_hyphen(std::string_view line);
void remove_hyphen(std::string& line);

/// Neither script puts a space between words (Chinese, Japanese), so a line end is none either.
bool joins_without_space(std::string_view line, std::string_view next);

/// The line begins with a bullet or a number as the items of lists have them: "•", "3.", "(b)".
bool list_mark(std::string_view line);

/// The share of the line's characters that its first word has, 0 to 1.
float first_word_share(std::string_view line);

}  // namespace agentic::extract::pdf
