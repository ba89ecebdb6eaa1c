#include "services/runs/blocks.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <optional>

#include "services/runs/run_wire.hpp"

namespace agentic::services {
namespace {

namespace json = boost::json;

struct BlockWriter {
    std::string& out;

    void operator()(const llm::TextBlock& block) const {
        out += "{\"type\":\"text\"";
        append_member(out, "text", block.text);
        out += '}';
    }
    void operator()(const llm::ThinkingBlock& block) const {
        out += "{\"type\":\"thinking\"";
        append_member(out, "text", block.text);
        out.append(",\"raw\":").append(block.raw.text).append("}");
    }
    void operator()(const llm::ToolUseBlock& block) const {
        out += "{\"type\":\"tool_use\"";
        append_member(out, "id", block.id);
        append_member(out, "name", block.name);
        out.append(",\"input\":").append(block.input.text).append("}");
    }
    void operator()(const llm::ToolResultBlock& block) const {
        out += "{\"type\":\"tool_result\"";
        append_member(out, "tool_use_id", block.tool_use_id);
        append_member(out, "output", block.output);
        out.append(",\"is_error\":").append(block.is_error ? "true" : "false").append("}");
    }
};

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

JsonText json_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value == nullptr ? JsonText{} : JsonText{json::serialize(*value)};
}

std::optional<llm::Block> read_block(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr) return std::nullopt;
    const auto type = text_of(*object, "type");
    if (type == "text") return llm::TextBlock{text_of(*object, "text")};
    if (type == "thinking") return llm::ThinkingBlock{text_of(*object, "text"), json_of(*object, "raw")};
    if (type == "tool_use") return llm::ToolUseBlock{text_of(*object, "id"), text_of(*object, "name"), json_of(*object, "input")};
    if (type != "tool_result") return std::nullopt;
    const auto* is_error = object->if_contains("is_error");
    return llm::ToolResultBlock{text_of(*object, "tool_use_id"), text_of(*object, "output"), is_error != nullptr && is_error->is_bool() && is_error->get_bool()};
}

}  // namespace

JsonText blocks_to_json(const std::vector<llm::Block>& blocks) {
    std::string out = "[";
    for (const auto& block : blocks) {
        if (out.size() > 1) out += ',';
        std::visit(BlockWriter{out}, block);
    }
    out += ']';
    return {std::move(out)};
}

JsonText content_blocks_json(const std::vector<llm::Block>& blocks) {
    const bool is_plain = blocks.size() == 1 && std::holds_alternative<llm::TextBlock>(blocks.front());
    return is_plain ? JsonText{"[]"} : blocks_to_json(blocks);
}

std::vector<llm::Block> blocks_from_json(std::string_view text, std::string_view content) {
    std::vector<llm::Block> blocks;
    if (text != "[]") {
        boost::system::error_code error;
        const auto value = json::parse(text, error);
        if (const auto* array = error ? nullptr : value.if_array()) {
            for (const auto& item : *array) {
                if (auto block = read_block(item)) blocks.push_back(*std::move(block));
            }
        }
    }
    if (blocks.empty() && !content.empty()) blocks.emplace_back(llm::TextBlock{std::string(content)});
    return blocks;
}

JsonText citations_to_json(const std::vector<schemas::RunCitation>& citations) {
    std::string out = "[";
    for (const auto& citation : citations) {
        if (out.size() > 1) out += ',';
        schema::Codec<schemas::RunCitation>::write(citation, out);
    }
    out += ']';
    return {std::move(out)};
}

}  // namespace agentic::services
