#include "core/clock.hpp"

#include <charconv>

namespace agentic {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t seconds_until(std::chrono::year_month_day date) { return sys_days{date}.time_since_epoch().count() * 86'400LL; }
constexpr std::int64_t kFirstSecond = seconds_until(std::chrono::year{0} / 1 / 1);
constexpr std::int64_t kLastSecond = seconds_until(std::chrono::year{10'000} / 1 / 1) - 1;

void write_digits(char* out, std::int64_t value, int width) {
    for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// Reads exactly `width` digits from the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t width) {
    if (text.size() < width) return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
    if (error != std::errc{} || end != text.data() + width || text[0] == '-') return std::nullopt;
    text.remove_prefix(width);
    return value;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::int64_t> take_fraction_us(std::string_view& text) {
    if (!take(text, '.')) return 0;
    std::int64_t us = 0;
    int digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits)
        if (digits < 6) us = us * 10 + (text[0] - '0');
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 6; ++digits) us *= 10;
    return us;
}

std::optional<std::int64_t> take_offset_s(std::string_view& text) {
    if (take(text, 'Z') || take(text, 'z')) return 0;
    const int sign = text.starts_with('-') ? -1 : 1;
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

void Timestamp::write(char* out) const {
    const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds{us}};
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const auto rest = (time - day).count();
    write_digits(out, static_cast<int>(date.year()), 4);
    out[4] = out[7] = '-';
    write_digits(out + 5, static_cast<unsigned>(date.month()), 2);
    write_digits(out + 8, static_cast<unsigned>(date.day()), 2);
    out[10] = 'T';
    write_digits(out + 11, rest / 3'600'000'000, 2);
    out[13] = out[16] = ':';
    write_digits(out + 14, rest / 60'000'000 % 60, 2);
    write_digits(out + 17, rest / 1'000'000 % 60, 2);
    out[19] = '.';
    write_digits(out + 20, rest % 1'000'000, 6);
    out[26] = 'Z';
}

std::string Timestamp::to_string() const {
    std::string text(27, '\0');
    write(text.data());
    return text;
}

std::optional<Timestamp> Timestamp::parse(std::string_view text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, '-')) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, '-')) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    const auto second = take_digits(text, 2);
    if (!second) return std::nullopt;
    const auto fraction = take_fraction_us(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset_s(text);
    if (!offset || !text.empty()) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const std::int64_t seconds = seconds_until(date) + *hour * 3600 + *minute * 60 + *second - *offset;
    if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;   // the offset or a leap second has left what four digits can say
    return Timestamp{seconds * 1'000'000 + *fraction};
}

Timestamp SystemClock::now() const {
    using namespace std::chrono;
    return {duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()};
}

std::chrono::steady_clock::time_point SystemClock::steady() const { return std::chrono::steady_clock::now(); }

}  // namespace agentic
