// OpenAI's embeddings on the wire.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <cstring>

#include "core/encoding.hpp"
#include "embeddings/remote_source.hpp"

namespace agentic::embeddings {
namespace {

namespace json = boost::json;

std::unexpected<Error> unreadable(std::string_view why) { return fail(ErrorCode::upstream_error, "The embedding provider sent an answer that cannot be read", std::string(why)); }

bool read_base64(std::string_view text, std::span<float> row) {
    const auto bytes = base64_decode(text);
    if (!bytes || bytes->size() != row.size_bytes()) return false;
    std::memcpy(row.data(), bytes->data(), bytes->size());
    return true;
}

bool read_numbers(const json::array& numbers, std::span<float> row) {
    if (numbers.size() != row.size()) return false;
    for (std::size_t i = 0; i < row.size(); ++i) {
        boost::system::error_code error;
        row[i] = numbers[i].to_number<float>(error);
        if (error) return false;
    }
    return true;
}

bool normalise(std::span<float> row) {
    double squares = 0;
    for (const float x : row) squares += static_cast<double>(x) * x;
    if (!std::isfinite(squares) || squares <= 0) return false;
    for (float& x : row) x = static_cast<float>(x / std::sqrt(squares));
    return true;
}

}  // namespace

std::string write_embedding_request(const RemoteModel& model, std::span<const std::string_view> inputs) {
    std::string out = R"({"model":)";
    append_json_string(out, model.model);
    out += R"(,"encoding_format":"base64")";
    if (model.asks_dimensions) out += ",\"dimensions\":" + std::to_string(model.dimensions);
    out += ",\"input\":[";
    for (const auto input : inputs) {
        if (out.back() != '[') out += ',';
        append_json_string(out, input.empty() ? " " : input);  // an empty input is refused
    }
    return out + "]}";
}

Result<std::vector<float>> read_embedding_answer(std::string_view body, std::size_t inputs, std::size_t dimensions) {
    boost::system::error_code error;
    const auto answer = json::parse(body, error);
    const auto* object = error ? nullptr : answer.if_object();
    const auto* data = object == nullptr ? nullptr : object->if_contains("data");
    if (data == nullptr || !data->is_array() || data->get_array().size() != inputs) return unreadable("data is not a list with an entry for each input");
    std::vector<float> out(inputs * dimensions);
    std::vector<bool> seen(inputs);
    for (const auto& item : data->get_array()) {
        const auto* entry = item.if_object();
        const auto* index = entry == nullptr ? nullptr : entry->if_contains("index");
        const auto* embedding = entry == nullptr ? nullptr : entry->if_contains("embedding");
        if (index == nullptr || embedding == nullptr || !index->is_int64() || index->get_int64() < 0 || static_cast<std::size_t>(index->get_int64()) >= inputs) return unreadable("an entry has no sensible index");
        const auto place = static_cast<std::size_t>(index->get_int64());
        const auto row = std::span(out).subspan(place * dimensions, dimensions);
        const auto* numbers = embedding->if_array();
        const bool is_read = embedding->is_string() ? read_base64(embedding->get_string(), row) : numbers != nullptr && read_numbers(*numbers, row);
        if (!is_read || seen[place] || !normalise(row)) return unreadable("an embedding has not the expected dimensions");
        seen[place] = true;
    }
    return out;
}

}  // namespace agentic::embeddings
