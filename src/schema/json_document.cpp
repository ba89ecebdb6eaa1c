#include "schema/json_document.hpp"

#include <string>

namespace agentic::schema::detail {
namespace {

constexpr int kMaxDepth = 64;

// The position of the bracket that opens the 65th level, or npos. Cheap, and before anything is built: depth is what makes parsers fall over.
std::size_t too_deep(std::string_view json) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (in_string) {
            if (c == '\\') ++i;
            else if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) return i;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return json.npos;
}

}  // namespace

Result<yyjson_val*> JsonDocument::parse(std::string_view json) {
    if (json.find_first_not_of(" \t\r\n") == json.npos) return fail(ErrorCode::bad_request, "the body is empty, JSON is expected");
    if (const auto at = too_deep(json); at != json.npos)
        return fail(ErrorCode::bad_request, "the body is nested deeper than 64 levels at byte " + std::to_string(at));
    constexpr yyjson_read_flag kStrict = YYJSON_READ_NOFLAG;
    yyjson_alc pool;
    const bool fits = json.size() < kBuffer && yyjson_read_max_memory_usage(json.size(), kStrict) <= kBuffer;
    if (fits) yyjson_alc_pool_init(&pool, buffer_, kBuffer);
    yyjson_read_err why{};
    // The cast is the interface's: without YYJSON_READ_INSITU the text is only read.
    document_ = yyjson_read_opts(const_cast<char*>(json.data()), json.size(), kStrict, fits ? &pool : nullptr, &why);
    if (document_) return yyjson_doc_get_root(document_);
    if (why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION) return fail(ErrorCode::unavailable, "out of memory");
    return fail(ErrorCode::bad_request, "the body is not valid JSON: " + std::string(why.msg) + " at byte " + std::to_string(why.pos));
}

}  // namespace agentic::schema::detail
