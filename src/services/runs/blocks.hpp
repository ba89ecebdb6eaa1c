#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/json_text.hpp"
#include "providers/llm/llm_client.hpp"

namespace agentic::services {

/// Content blocks as messages.content_blocks keeps them: `[{"type":"text",..},{"type":"thinking",..},{"type":"tool_use",..},{"type":"tool_result",..}]`.
/// Plain text alone is `[]`: the message's own text says it all.
JsonText blocks_to_json(const std::vector<llm::Block>& blocks);
/// The way back; `content` is the message's text, for messages without blocks. What cannot be read is left out.
std::vector<llm::Block> blocks_from_json(std::string_view json, std::string_view content);

/// `[{"passage_id","title","quote"}]`.
JsonText citations_to_json(const std::vector<llm::Citation>& citations);

}  // namespace agentic::services
