// The header of a weights file: what is accepted lies inside the file.
#include "embeddings/safetensors.hpp"
#include "fuzz/fuzz_target.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("safetensors", [](std::string_view input) {
    const auto parsed = embeddings::parse_safetensors(std::as_bytes(std::span(input)));
    if (!parsed) return;
    require(parsed->data_begin <= input.size(), "the data begin inside the file");
    std::size_t covered = 0;
    for (const auto& [name, entry] : parsed->tensors) {
        require(entry.begin <= entry.end && entry.end <= input.size() - parsed->data_begin, "a tensor lies inside the data");
        covered += entry.end - entry.begin;
    }
    require(covered == input.size() - parsed->data_begin, "the tensors fill the data");
});

}  // namespace
}  // namespace agentic::fuzz
