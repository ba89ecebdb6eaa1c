#pragma once
// Model directories with random weights, the same as tests/embeddings/reference.py makes.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <format>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace agentic::embeddings::test {

inline constexpr std::size_t kTinyHidden = 32, kTinyFeedForward = 64, kTinyVocabulary = 60, kTinyPositions = 212, kTinyLayers = 2;

struct TinyTensor {
    std::string name;
    std::vector<std::size_t> shape;
};

inline std::vector<TinyTensor> tiny_tensors(bool is_bert) {
    const auto h = kTinyHidden, f = kTinyFeedForward;
    std::vector<TinyTensor> out{{"embeddings.word_embeddings.weight", {kTinyVocabulary, h}}, {"embeddings.position_embeddings.weight", {kTinyPositions, h}}};
    if (is_bert) out.push_back({"embeddings.token_type_embeddings.weight", {2, h}});
    const auto with_bias = [&](const std::string& name, std::vector<std::size_t> shape) {
        const auto first = shape.front();
        out.push_back({name + ".weight", std::move(shape)});
        out.push_back({name + ".bias", {first}});
    };
    with_bias("embeddings.LayerNorm", {h});
    for (std::size_t n = 0; n < kTinyLayers; ++n) {
        const auto layer = std::format("encoder.layer.{}.", n);
        for (const char* name : {"self.query", "self.key", "self.value", "output.dense"}) {
            if (is_bert) with_bias(layer + "attention." + name, {h, h});
        }
        for (const char* name : {"q", "k", "v", "o"}) {
            if (!is_bert) with_bias(layer + "attention.attn." + name, {h, h});
        }
        with_bias(layer + (is_bert ? "attention.output.LayerNorm" : "attention.LayerNorm"), {h});
        with_bias(layer + "intermediate.dense", {f, h});
        with_bias(layer + "output.dense", {h, f});
        with_bias(layer + "output.LayerNorm", {h});
    }
    if (!is_bert) out.push_back({"encoder.relative_attention_bias.weight", {32, 2}});
    return out;
}

/// The linear congruential generator of Numerical Recipes.
class TinyNumbers {
public:
    float next() {
        state_ = state_ * 1664525 + 1013904223;
        return static_cast<float>(state_ >> 8) / 16777216.0F - 0.5F;
    }

private:
    std::uint32_t state_ = 1;
};

struct TinyWeights : TinyTensor {
    std::vector<float> values;
};

inline std::vector<TinyWeights> tiny_weights(const std::vector<TinyTensor>& tensors) {
    TinyNumbers numbers;
    std::vector<TinyWeights> out;
    for (const auto& tensor : tensors) {
        std::size_t count = 1;
        for (const auto size : tensor.shape) count *= size;
        auto& values = out.emplace_back(TinyWeights{tensor, {}}).values;
        for (std::size_t i = 0; i < count; ++i) values.push_back(numbers.next() * 0.5F + (tensor.name.ends_with("LayerNorm.weight") ? 1.0F : 0.0F));
    }
    return out;
}

inline std::string bytes_of(const std::vector<float>& values) { return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)); }

/// Header and data of a safetensors file.
inline std::string safetensors_of(const std::vector<TinyTensor>& tensors) {
    std::string header = "{", data;
    for (const auto& tensor : tiny_weights(tensors)) {
        std::string sizes;
        for (const auto size : tensor.shape) sizes += std::format("{}{}", sizes.empty() ? "" : ",", size);
        const auto bytes = bytes_of(tensor.values);
        header += std::format(R"({}"{}":{{"dtype":"F32","shape":[{}],"data_offsets":[{},{}]}})", header.size() > 1 ? "," : "", tensor.name, sizes, data.size(), data.size() + bytes.size());
        data += bytes;
    }
    header += "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = header.size();
    return std::string(reinterpret_cast<const char*>(&size), sizeof size) + header + data;
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

/// "[PAD] [UNK] [CLS] [SEP] [MASK] a..z ##a..##z" and "hello", "##ing", "," at the end: 60 pieces.
inline std::vector<std::string> tiny_pieces() {
    std::vector<std::string> out{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    for (char c = 'a'; c <= 'z'; ++c) out.emplace_back(1, c);
    for (char c = 'a'; c <= 'z'; ++c) out.push_back(std::string("##") + c);
    out.insert(out.end(), {"hello", "##ing", ","});
    return out;
}

/// config.json, a tokenizer and no weights. `more` are further members of config.json, each behind a comma.
inline void write_tiny_files(const std::filesystem::path& directory, bool is_bert, std::size_t window = 24, std::string_view more = {}) {
    write_text(directory / "config.json",
               std::format(R"({{"model_type":"{}","hidden_size":{},"num_attention_heads":2,"num_hidden_layers":{},"intermediate_size":{},"vocab_size":{},
                           "max_position_embeddings":{},"layer_norm_eps":{},"hidden_act":"gelu",{}{}}})",
                           is_bert ? "bert" : "mpnet", kTinyHidden, kTinyLayers, kTinyFeedForward, kTinyVocabulary, kTinyPositions, is_bert ? "1e-12" : "1e-5",
                           is_bert ? R"("type_vocab_size":2)" : R"("relative_attention_num_buckets":32,"pad_token_id":1)", more));
    write_text(directory / "sentence_bert_config.json", std::format(R"({{"max_seq_length":{}}})", window));
    std::string vocabulary;
    for (const auto& piece : tiny_pieces()) vocabulary += piece + "\n";
    write_text(directory / "vocab.txt", vocabulary);
}

inline void write_tiny_model(const std::filesystem::path& directory, bool is_bert, std::size_t window = 24) {
    write_tiny_files(directory, is_bert, window);
    write_text(directory / "model.safetensors", safetensors_of(tiny_tensors(is_bert)));
}

/// What a BertForSequenceClassification with one label holds.
inline std::vector<TinyTensor> tiny_reranker_tensors() {
    auto out = tiny_tensors(true);
    out.insert(out.end(), {{"pooler.dense.weight", {kTinyHidden, kTinyHidden}}, {"pooler.dense.bias", {kTinyHidden}}});
    for (auto& tensor : out) tensor.name = "bert." + tensor.name;
    out.insert(out.end(), {{"classifier.weight", {1, kTinyHidden}}, {"classifier.bias", {1}}});
    return out;
}

inline constexpr std::string_view kTinyReranker = R"(,"architectures":["BertForSequenceClassification"],"id2label":{"0":"LABEL_0"})";

inline void write_tiny_reranker(const std::filesystem::path& directory, std::size_t window = 24) {
    write_tiny_files(directory, true, window, kTinyReranker);
    write_text(directory / "model.safetensors", safetensors_of(tiny_reranker_tensors()));
}

}  // namespace agentic::embeddings::test
