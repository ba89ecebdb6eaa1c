#pragma once
#include "providers/llm/protocol.hpp"

namespace agentic::llm {

std::string anthropic_url(std::string_view base);
WireRequest write_anthropic(const Request& request, const ModelInfo& model);
std::unique_ptr<AnswerReader> read_anthropic(const Request& request, const DeltaSink& sink);

}  // namespace agentic::llm
