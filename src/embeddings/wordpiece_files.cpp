#include <algorithm>
#include <optional>

#include "embeddings/json_file.hpp"
#include "embeddings/model_config.hpp"

namespace agentic::embeddings {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPieces = 1'000'000;

std::unexpected<Error> unusable(std::string_view why) { return fail(ErrorCode::bad_request, std::format("The tokenizer cannot be used: {}", why)); }

std::optional<TokenId> id_of(const WordPieceFiles& files, std::string_view piece) {
    const auto found = std::ranges::find(files.pieces, piece);
    return found == files.pieces.end() ? std::nullopt : std::optional(static_cast<TokenId>(found - files.pieces.begin()));
}

Result<void> set_special(WordPieceFiles& files, std::string_view unknown, std::string_view first, std::string_view last) {
    const auto ids = {id_of(files, unknown), id_of(files, first), id_of(files, last)};
    if (!std::ranges::all_of(ids, [](const auto& id) { return id.has_value(); })) return unusable("its special tokens are not in its vocabulary");
    files.unknown = **ids.begin();
    files.first = **(ids.begin() + 1);
    files.last = **(ids.begin() + 2);
    return {};
}

Result<std::vector<std::string>> read_lines(const std::filesystem::path& path) {
    AGENTIC_TRY(const auto file, MappedFile::open(path));
    const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size() && lines.size() <= kMaxPieces;) {
        const auto end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.emplace_back(line);
        at = end + 1;
    }
    return lines;
}

Result<std::vector<std::string>> vocabulary_of(const json::object& model) {
    const auto* vocabulary = model.if_contains("vocab");
    if (text_or(model, "type", "") != "WordPiece" || vocabulary == nullptr || !vocabulary->is_object()) return unusable("tokenizer.json is not of type WordPiece");
    if (text_or(model, "continuing_subword_prefix", "##") != "##") return unusable("continuing_subword_prefix must be ##");
    const auto& entries = vocabulary->get_object();
    std::vector<std::string> pieces(entries.size());
    for (const auto& [piece, id] : entries) {
        const auto* number = id.if_int64();
        if (number == nullptr || *number < 0 || static_cast<std::size_t>(*number) >= pieces.size() + kMaxPieces) return unusable("a token has no sensible id");
        if (static_cast<std::size_t>(*number) >= pieces.size()) pieces.resize(static_cast<std::size_t>(*number) + 1);
        pieces[static_cast<std::size_t>(*number)] = piece;
    }
    return pieces;
}

Result<void> read_literals(WordPieceFiles& files, const json::object& file) {
    const auto* added = file.if_contains("added_tokens");
    if (added == nullptr || !added->is_array()) return {};
    for (const auto& token : added->get_array()) {
        const auto* object = token.if_object();
        const auto content = object == nullptr ? std::string_view() : text_or(*object, "content", "");
        const auto* id = object == nullptr ? nullptr : object->if_contains("id");
        if (content.empty() || id == nullptr || !id->is_int64() || id->get_int64() < 0 || id->get_int64() > static_cast<std::int64_t>(kMaxPieces)) return unusable("an added token is malformed");
        const auto place = static_cast<std::size_t>(id->get_int64());
        if (place >= files.pieces.size()) files.pieces.resize(place + 1);
        if (files.pieces[place].empty()) files.pieces[place] = content;
        files.literals.emplace_back(content, static_cast<TokenId>(place));
    }
    return {};
}

/// The tokens that stand around a text, from whichever post-processor the file has.
std::pair<std::string, std::string> ends_of(const json::object& file) {
    const auto* value = file.if_contains("post_processor");
    const auto* processor = value == nullptr ? nullptr : value->if_object();
    if (processor == nullptr) return {"[CLS]", "[SEP]"};
    const auto name_in = [](const json::value* item) -> std::string {  // ["[SEP]", 102] or {"SpecialToken": {"id": "[SEP]"}}
        if (item == nullptr) return {};
        if (const auto* pair = item->if_array(); pair != nullptr && !pair->empty() && pair->front().is_string()) return std::string(pair->front().get_string());
        const auto* object = item->if_object();
        const auto* special = object == nullptr ? nullptr : object->if_contains("SpecialToken");
        return special != nullptr && special->is_object() ? std::string(text_or(special->get_object(), "id", "")) : std::string();
    };
    if (const auto* single = processor->if_contains("single"); single != nullptr && single->is_array() && !single->get_array().empty()) {
        return {name_in(&single->get_array().front()), name_in(&single->get_array().back())};
    }
    return {name_in(processor->if_contains("cls")), name_in(processor->if_contains("sep"))};
}

Result<bool> lower_case_of(const json::object& settings, std::string_view lower_case) {
    const bool lower = flag_or(settings, lower_case, true);
    const auto* accents = settings.if_contains("strip_accents");
    if (accents != nullptr && accents->is_bool() && accents->get_bool() != lower) return unusable("strip_accents must agree with lower-casing");
    if (!flag_or(settings, "clean_text", true) || !flag_or(settings, "handle_chinese_chars", true) || !flag_or(settings, "tokenize_chinese_chars", true)) {
        return unusable("only the default cleaning of BERT can be used");
    }
    return lower;
}

Result<WordPieceFiles> from_tokenizer_json(const json::object& file) {
    const auto part = [&](std::string_view name) -> const json::object* {
        const auto* value = file.if_contains(name);
        return value == nullptr ? nullptr : value->if_object();
    };
    const auto *model = part("model"), *normalizer = part("normalizer"), *splitter = part("pre_tokenizer");
    if (model == nullptr || normalizer == nullptr || splitter == nullptr) return unusable("tokenizer.json lacks model, normalizer or pre_tokenizer");
    if (text_or(*normalizer, "type", "") != "BertNormalizer" || text_or(*splitter, "type", "") != "BertPreTokenizer") return unusable("tokenizer.json is not BERT's");
    WordPieceFiles files;
    AGENTIC_TRY(files.pieces, vocabulary_of(*model));
    AGENTIC_CHECK(read_literals(files, file));
    AGENTIC_TRY(files.lower_case, lower_case_of(*normalizer, "lowercase"));
    if (const auto* most = model->if_contains("max_input_chars_per_word"); most != nullptr && most->is_int64() && most->get_int64() > 0) {
        files.max_word_characters = static_cast<std::size_t>(most->get_int64());
    }
    const auto [first, last] = ends_of(file);
    AGENTIC_CHECK(set_special(files, text_or(*model, "unk_token", "[UNK]"), first, last));
    return files;
}

Result<WordPieceFiles> from_vocabulary(const std::filesystem::path& directory) {
    WordPieceFiles files;
    AGENTIC_TRY(files.pieces, read_lines(directory / "vocab.txt"));
    const auto settings = read_json_object(directory / "tokenizer_config.json").value_or(json::object());
    AGENTIC_TRY(files.lower_case, lower_case_of(settings, "do_lower_case"));
    const auto special = [&](std::string_view name, std::string_view otherwise) { return text_or(settings, name, otherwise); };
    AGENTIC_CHECK(set_special(files, special("unk_token", "[UNK]"), special("cls_token", "[CLS]"), special("sep_token", "[SEP]")));
    for (const auto& [name, otherwise] : {std::pair{"unk_token", "[UNK]"}, {"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}, {"pad_token", "[PAD]"}, {"mask_token", "[MASK]"}}) {
        const auto text = special(name, otherwise);
        if (const auto id = id_of(files, text)) files.literals.emplace_back(text, *id);
    }
    return files;
}

}  // namespace

Result<WordPieceFiles> read_wordpiece(const std::filesystem::path& directory) {
    const auto file = read_json_object(directory / "tokenizer.json");
    if (!file && file.error().code != ErrorCode::not_found) return std::unexpected(file.error());
    return file ? from_tokenizer_json(*file) : from_vocabulary(directory);
}

}  // namespace agentic::embeddings
