#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/json_text.hpp"
#include "providers/llm/llm_client.hpp"
#include "schemas/execute.hpp"

namespace agentic::services {

/// `[{"type":"text",..},{"type":"thinking",..},{"type":"tool_use",..},{"type":"tool_result",..}]`.
JsonText blocks_to_json(const std::vector<llm::Block>& blocks);
/// The same for messages.content_blocks, where one plain text is `[]`: the message's own text says it all.
JsonText content_blocks_json(const std::vector<llm::Block>& blocks);
/// The way back; `content` is the message's text, for messages without blocks. What cannot be read is left out.
std::vector<llm::Block> blocks_from_json(std::string_view json, std::string_view content);

JsonText citations_to_json(const std::vector<schemas::RunCitation>& citations);

}  // namespace agentic::services
