#pragma once
// Boost.JSON over files of a model directory: only .cpp files include this.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <format>
#include <string_view>

#include "core/error.hpp"
#include "embeddings/mapped_file.hpp"

namespace agentic::embeddings {

/// A JSON object, at most 64 MiB. `not_found` when the file is missing, `bad_request` when it is something else.
inline Result<boost::json::object> read_json_object(const std::filesystem::path& path) {
    AGENTIC_TRY(const auto file, MappedFile::open(path));
    const auto bytes = file.bytes();
    boost::system::error_code error;
    auto value = bytes.size() > (64U << 20) ? boost::json::value() : boost::json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, error);
    if (error || !value.is_object()) return fail(ErrorCode::bad_request, std::format("{} is not a JSON object", path.string()));
    return std::move(value.get_object());
}

inline bool flag_or(const boost::json::object& object, std::string_view name, bool otherwise) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

inline std::string_view text_or(const boost::json::object& object, std::string_view name, std::string_view otherwise) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : otherwise;
}

}  // namespace agentic::embeddings
