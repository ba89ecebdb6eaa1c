#pragma once
#include "providers/llm/protocol.hpp"

namespace agentic::llm {

std::string openai_url(std::string_view base);
WireRequest write_openai(const Request& request, const ModelInfo& model, bool compatible);
std::unique_ptr<AnswerReader> read_openai(const Request& request, const DeltaSink& sink);

/// The passages as marked data in front of the question: this protocol has no citable blocks. The model is asked to write [1], [2], ...
std::string quote_passages(const std::vector<Passage>& passages);
/// The passages that `text` refers to as [n], in order of first reference, each with its sentence that fits the referring one best. Of very long passages
/// the beginning is searched.
std::vector<Citation> find_references(std::string_view text, const std::vector<Passage>& passages);

}  // namespace agentic::llm
