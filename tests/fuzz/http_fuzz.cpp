// Heads, lengths and chunks of a pipelined stream. The first byte chooses how the rest is cut into reads.
#include "fuzz/fuzz_target.hpp"
#include "support/http_stream.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("http", [](std::string_view input) {
    if (input.empty()) return;
    const auto step = static_cast<std::size_t>(static_cast<unsigned char>(input.front())) % 64 + 1;
    input.remove_prefix(1);
    const auto whole = test::parse_stream(input);
    const auto cut = test::parse_stream(input, [step](std::size_t) { return step; });
    require(whole == cut, "how the bytes are cut does not change what is understood");
    require(whole.failure == 0 || (whole.failure >= 400 && whole.failure <= 505), "a refusal has a status");
    for (const auto& message : whole.messages) {
        require(message.path.starts_with('/') || message.path == "*", "a path starts with a slash");
        require(!message.path.contains("//") && !message.path.contains("/../") && !message.path.contains('\0'), "a path is normal");
        require(message.body.size() <= input.size(), "a body is no longer than the stream");
    }
});

}  // namespace
}  // namespace agentic::fuzz
