// multipart/form-data bodies. The first byte chooses how the rest is cut; the boundary is "b".
#include "fuzz/fuzz_target.hpp"
#include "http/multipart.hpp"

namespace agentic::fuzz {
namespace {

class Recorder final : public http::PartSink {
public:
    Result<void> begin(http::PartHead head) override {
        require(!open_ && !head.name.empty() && head.name.size() <= 255, "parts do not overlap and have names");
        open_ = true;
        text += "begin " + head.name + "|" + head.file_name.value_or("-") + "|" + head.content_type + "\n";
        return {};
    }
    Result<void> data(std::string_view bytes) override {
        require(open_, "data belongs to a part");
        text += bytes;
        return {};
    }
    Result<void> end() override {
        require(open_, "only an open part ends");
        open_ = false;
        text += "end\n";
        return {};
    }
    std::string text;

private:
    bool open_ = false;
};

std::string parse(std::string_view body, std::size_t step) {
    Recorder recorder;
    http::MultipartParser parser("b", {.parts = 8, .head_bytes = 512}, recorder);
    for (; !body.empty(); body.remove_prefix(std::min(step, body.size())))
        if (!parser.feed(body.substr(0, step))) return "refused";
    return parser.finish() ? recorder.text : "refused";
}

const Target kTarget("multipart", [](std::string_view input) {
    if (input.empty()) return;
    const auto step = static_cast<std::size_t>(static_cast<unsigned char>(input.front())) % 64 + 1;
    input.remove_prefix(1);
    require(parse(input, input.size() + 1) == parse(input, step), "how the bytes are cut does not change what is understood");
    (void)http::multipart_boundary(input);
});

}  // namespace
}  // namespace agentic::fuzz
