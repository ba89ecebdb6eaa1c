#include "telemetry/sentry_event.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <format>
#include <ranges>
#include <span>
#include <string_view>

#include "core/encoding.hpp"
#include "core/random.hpp"
#include "core/trim.hpp"
#include "core/utf8.hpp"
#include "http/outbound_retry.hpp"

namespace agentic::telemetry {
namespace {

namespace json = boost::json;

constexpr std::size_t kTextMax = 8192;  // bytes of a message or a field
constexpr std::size_t kTagMax = 200;    // characters, by Sentry's rules
constexpr std::size_t kFieldsMax = 12;
constexpr std::array<std::string_view, 7> kTags = {"request_id", "route", "method", "code", "run_id", "tenant_id", "job"};  // worth looking for; the rest is shown
constexpr std::chrono::seconds kPauseMax{24 * 3600};
constexpr std::chrono::seconds kPauseUnsaid{60};

/// Well-formed and at most `max` bytes: fields may hold what a client has sent.
std::string clean(std::string_view text, std::size_t max) {
    std::string out;
    for (std::size_t at = 0; at < text.size() && out.size() + 4 <= max;) append_code_point(out, next_code_point(text, at));
    return out;
}

std::string event_id() {
    std::array<std::uint8_t, 16> bytes{};
    random_bytes(bytes);
    return hex_encode(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

std::string_view field(const ErrorReport& report, std::string_view name) {
    const auto found = std::ranges::find(report.fields, name, [](const auto& entry) { return std::string_view(entry.first); });
    return found == report.fields.end() ? std::string_view() : std::string_view(found->second);
}

std::chrono::seconds seconds_of(std::string_view text) {
    text = trim(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number ? std::chrono::seconds(std::min<std::uint64_t>(value, kPauseMax.count())) : kPauseUnsaid;
}

/// One limit, `seconds:category;category:scope:...`: for how long errors are refused.
std::chrono::seconds pause_of_limit(std::string_view limit) {
    const auto colon = limit.find(':');
    if (colon == std::string_view::npos) return {};
    const auto rest = limit.substr(colon + 1);
    const auto categories = rest.substr(0, rest.find(':'));
    const auto is_ours = [](auto category) { return trim(std::string_view(category)).empty() || trim(std::string_view(category)) == "error"; };
    const bool meant = categories.empty() || std::ranges::any_of(std::views::split(categories, ';'), is_ours);
    return meant ? seconds_of(limit.substr(0, colon)) : std::chrono::seconds(0);
}

}  // namespace

std::string sentry_envelope(const ErrorReport& report, const Reporter& reporter, Timestamp now, std::uint64_t lost) {
    const auto id = event_id();
    const auto route = field(report, "route"), method = field(report, "method");
    json::object tags, extra;
    for (const auto& [name, value] : std::span(report.fields).first(std::min(report.fields.size(), kFieldsMax))) {
        if (value.empty()) continue;
        if (std::ranges::contains(kTags, std::string_view(name))) tags[name] = clean(value, kTagMax);
        else extra[name] = clean(value, kTextMax);
    }
    if (lost > 0) extra["reports_lost_before"] = lost;
    const auto message = clean(report.message, kTextMax);
    json::object event{{"event_id", id},
                       {"timestamp", report.at.to_string()},
                       {"platform", "native"},
                       {"level", "error"},
                       {"logger", "agentic"},
                       {"release", reporter.release},
                       {"environment", reporter.environment},
                       {"server_name", reporter.server_name},
                       {"exception", {{"values", json::array{{{"type", report.event}, {"value", message}, {"mechanism", {{"type", "log"}, {"handled", true}}}}}}}},
                       {"fingerprint", json::array{report.event, route.empty() ? std::string_view(message) : route}},
                       {"tags", std::move(tags)},
                       {"extra", std::move(extra)}};
    if (!route.empty()) event["transaction"] = std::format("{} {}", method, route);
    const json::object head{{"event_id", id}, {"sent_at", now.to_string()}, {"sdk", {{"name", "agentic"}, {"version", AGENTIC_VERSION}}}};
    return json::serialize(head) + "\n{\"type\":\"event\"}\n" + json::serialize(event) + "\n";
}

std::chrono::seconds sentry_pause(const http::OutboundResponse& response) {
    if (const auto limits = response.header("x-sentry-rate-limits"); !limits.empty()) {
        std::chrono::seconds longest{0};
        for (const auto limit : std::views::split(limits, ',')) longest = std::max(longest, pause_of_limit(std::string_view(limit)));
        return longest;
    }
    if (response.status != 429) return std::chrono::seconds(0);
    return std::min(std::chrono::ceil<std::chrono::seconds>(http::requested_wait(response).value_or(kPauseUnsaid)), kPauseMax);
}

}  // namespace agentic::telemetry
