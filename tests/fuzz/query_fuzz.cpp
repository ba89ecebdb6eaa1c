// Query strings and urlencoded forms.
#include "core/encoding.hpp"
#include "fuzz/fuzz_target.hpp"
#include "http/target.hpp"

namespace agentic::fuzz {
namespace {

const Target kTarget("query", [](std::string_view input) {
    http::QueryFields fields;
    if (!http::decode_query(input, fields)) return;
    require(fields.size() <= 200, "the number of fields is bounded");
    std::string again;
    for (const auto& [name, value] : fields) {
        require(is_valid_utf8(name) && is_valid_utf8(value), "fields are UTF-8");
        require(!name.contains('\0') && !value.contains('\0'), "fields have no NUL");
        again += percent_encode(name) + "=" + percent_encode(value) + "&";
    }
    http::QueryFields second;
    require(http::decode_query(again, second) && second == fields, "encoding and decoding again gives the same fields");
});

}  // namespace
}  // namespace agentic::fuzz
