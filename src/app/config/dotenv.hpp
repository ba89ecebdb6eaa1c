#pragma once
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::app {

using Variables = std::map<std::string, std::string, std::less<>>;

/// Reads the grammar of `.env` and of the config file: `KEY=VALUE` lines, an optional `export`, `#` comments on their own line or after a space,
/// 'single quotes' taken literally, "double quotes" with \n \t \r \" \\ \$; nothing is expanded. A name set twice is a fault.
/// On failure, one message for each faulty line, with its number and never its text.
std::expected<Variables, std::vector<std::string>> parse_dotenv(std::string_view text);

}  // namespace agentic::app
