#include "embeddings/model_config.hpp"

#include <optional>

#include "embeddings/json_file.hpp"

namespace agentic::embeddings {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLayers = 128, kMaxHidden = 4096, kMaxFeedForward = 16384, kMaxVocabulary = 1'000'000, kMaxPositions = 8192;
constexpr std::size_t kLanes = 16;  // heads are multiples of it

std::unexpected<Error> unusable(std::string_view why) { return fail(ErrorCode::bad_request, std::format("config.json: {}", why)); }

/// Reads numbers and remembers the first that is missing or out of range.
class Numbers {
public:
    explicit Numbers(const json::object& object) : object_(object) {}

    std::size_t whole(std::string_view name, std::size_t smallest, std::size_t largest) {
        const auto* value = object_.if_contains(name);
        const auto* number = value == nullptr ? nullptr : value->if_int64();
        if (number == nullptr || *number < static_cast<std::int64_t>(smallest) || *number > static_cast<std::int64_t>(largest)) {
            if (wrong_.empty()) wrong_ = std::format("{} must be a whole number from {} to {}", name, smallest, largest);
            return smallest;
        }
        return static_cast<std::size_t>(*number);
    }

    float epsilon(std::string_view name) {
        const auto* value = object_.if_contains(name);
        const double number = value != nullptr && value->is_double() ? value->get_double() : 0;
        if (!(number > 0 && number < 1) && wrong_.empty()) wrong_ = std::format("{} must be a number between 0 and 1", name);
        return static_cast<float>(number);
    }

    const std::string& wrong() const { return wrong_; }

private:
    const json::object& object_;
    std::string wrong_;
};

std::optional<std::size_t> window_of(const std::filesystem::path& directory) {
    const auto file = read_json_object(directory / "sentence_bert_config.json");
    const auto* value = file ? file->if_contains("max_seq_length") : nullptr;
    const auto* number = value == nullptr ? nullptr : value->if_int64();
    return number != nullptr && *number >= 3 && *number <= static_cast<std::int64_t>(kMaxPositions) ? std::optional(static_cast<std::size_t>(*number)) : std::nullopt;
}

Result<Pooling> pooling_of(const std::filesystem::path& directory) {
    const auto file = read_json_object(directory / "1_Pooling/config.json");
    if (!file) return file.error().code == ErrorCode::not_found ? Result<Pooling>(Pooling::mean) : std::unexpected(file.error());
    const bool mean = flag_or(*file, "pooling_mode_mean_tokens", false), first = flag_or(*file, "pooling_mode_cls_token", false);
    if (mean != first) return mean ? Pooling::mean : Pooling::first_token;
    return fail(ErrorCode::bad_request, "1_Pooling/config.json: only the mean of the tokens or the first token can be used");
}

/// As Transformers counts them: num_labels, the names of labels, or two.
std::size_t labels_of(const json::object& file) {
    const auto* architectures = file.if_contains("architectures");
    const auto* names = architectures == nullptr ? nullptr : architectures->if_array();
    const bool has_classifier = names != nullptr && !names->empty() && names->front().is_string() && std::string_view(names->front().get_string()).ends_with("ForSequenceClassification");
    if (!has_classifier) return 0;
    if (const auto* number = file.if_contains("num_labels"); number != nullptr && number->is_int64() && number->get_int64() > 0) return static_cast<std::size_t>(number->get_int64());
    const auto* labels = file.if_contains("id2label");
    return labels != nullptr && labels->is_object() && !labels->get_object().empty() ? labels->get_object().size() : 2;
}

Result<void> check(const json::object& file, const ModelConfig& config) {
    if (text_or(file, "hidden_act", "gelu") != "gelu") return unusable("hidden_act must be gelu");
    if (text_or(file, "position_embedding_type", "absolute") != "absolute") return unusable("position_embedding_type must be absolute");
    if (config.feed_forward % kLanes != 0) return unusable("intermediate_size must be a multiple of 16");
    if (config.hidden % config.heads != 0 || config.head_size() % kLanes != 0) return unusable("hidden_size / num_attention_heads must be a multiple of 16");
    return {};
}

}  // namespace

Result<ModelConfig> read_model_config(const std::filesystem::path& directory) {
    AGENTIC_TRY(const auto file, read_json_object(directory / "config.json"));
    const auto type = text_or(file, "model_type", "");
    if (type != "bert" && type != "mpnet") return unusable("model_type must be bert or mpnet");
    Numbers numbers(file);
    ModelConfig config;
    config.family = type == "bert" ? Family::bert : Family::mpnet;
    config.layers = numbers.whole("num_hidden_layers", 1, kMaxLayers);
    config.hidden = numbers.whole("hidden_size", kLanes, kMaxHidden);
    config.heads = numbers.whole("num_attention_heads", 1, kMaxHidden / kLanes);
    config.feed_forward = numbers.whole("intermediate_size", kLanes, kMaxFeedForward);
    config.vocabulary = numbers.whole("vocab_size", 1, kMaxVocabulary);
    config.positions = numbers.whole("max_position_embeddings", 8, kMaxPositions);
    config.layer_norm_epsilon = numbers.epsilon("layer_norm_eps");
    if (config.family == Family::bert) {
        config.token_types = numbers.whole("type_vocab_size", 1, 64);
    } else {
        config.relative_buckets = numbers.whole("relative_attention_num_buckets", 4, 1024);
        config.first_position = (file.contains("pad_token_id") ? numbers.whole("pad_token_id", 0, 4) : 1) + 1;
    }
    if (!numbers.wrong().empty()) return unusable(numbers.wrong());
    AGENTIC_CHECK(check(file, config));
    config.labels = labels_of(file);
    AGENTIC_TRY(config.pooling, pooling_of(directory));
    config.window = std::min(window_of(directory).value_or(config.longest()), config.longest());
    return config;
}

}  // namespace agentic::embeddings
