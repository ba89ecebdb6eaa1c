#pragma once
// Reading one small JSON document per event without an allocation each: for the protocol readers' .cpp files only.
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace agentic::llm {

/// The value lives until the next parse.
class EventJson {
public:
    /// nullptr unless `text` is one JSON object.
    const boost::json::object* parse(std::string_view text) {
        value_.reset();
        memory_.release();
        boost::system::error_code error;
        parser_.reset(&memory_);
        parser_.write(text.data(), text.size(), error);
        if (error) return nullptr;
        value_.emplace(parser_.release());
        return value_->if_object();
    }

private:
    unsigned char buffer_[8192];
    unsigned char scratch_[2048];
    boost::json::monotonic_resource memory_{buffer_, sizeof buffer_};
    boost::json::parser parser_{{}, {}, scratch_, sizeof scratch_};
    std::optional<boost::json::value> value_;
};

inline std::string_view text_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

inline const boost::json::object* object_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_object();
}

inline const boost::json::array* array_of(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value == nullptr ? nullptr : value->if_array();
}

/// Overwrites `out` when the field is there and a whole number that is not negative.
inline void read_count(const boost::json::object& object, std::string_view key, std::int64_t& out) {
    const auto* value = object.if_contains(key);
    if (value == nullptr) return;
    boost::system::error_code error;
    const auto number = value->to_number<std::int64_t>(error);
    if (!error && number >= 0) out = number;
}

}  // namespace agentic::llm
