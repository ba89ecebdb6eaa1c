#pragma once
// yyjson behind the engine: only reader.cpp, free_form.cpp and json_document.cpp include this.
#include <yyjson.h>

#include <cstddef>
#include <string_view>

#include "core/error.hpp"
#include "schema/issues.hpp"

namespace agentic::schema::detail {

/// A parsed JSON text. Small ones live in a buffer inside it, so parsing a request body does not allocate.
class JsonDocument {
public:
    JsonDocument() = default;
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;
    ~JsonDocument() { yyjson_doc_free(document_); }

    /// `bad_request` with the position: not JSON, or nested deeper than 64. Never echoes the text.
    Result<yyjson_val*> parse(std::string_view json);

private:
    static constexpr std::size_t kBuffer = 24 << 10;

    yyjson_doc* document_ = nullptr;
    alignas(16) char buffer_[kBuffer];
};

inline std::string_view text_of(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

/// Appends `value` as compact JSON; duplicate names and NUL characters anywhere in it become issues.
void append_free_form(yyjson_val* value, std::string& out, const Path& where, Issues& issues);

}  // namespace agentic::schema::detail
