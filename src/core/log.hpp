#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace agentic::log {

enum class Level : std::uint8_t { debug, info, warning, error };

/// One field of a log line. Values are text or numbers; secrets have no conversion to one, on purpose.
struct Field {
    std::string_view key;
    std::string text;
    bool is_number = false;

    Field(std::string_view k, std::string_view v) : key(k), text(v) {}
    Field(std::string_view k, const char* v) : key(k), text(v) {}
    Field(std::string_view k, const std::string& v) : key(k), text(v) {}
    template <class Number>
        requires std::is_arithmetic_v<Number>
    Field(std::string_view k, Number v) : key(k), text(std::to_string(v)), is_number(true) {}
};

/// Writes one line: `event` is a stable snake_case name, `message` is readable alone. Thread-safe, never throws.
void write(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::debug, event, message, fields); }
inline void info(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::info, event, message, fields); }
inline void warning(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::warning, event, message, fields); }
inline void error(std::string_view event, std::string_view message, std::initializer_list<Field> fields = {}) { write(Level::error, event, message, fields); }

/// Where lines go. The application installs one at start; until then, and in tests, lines go to stderr as plain text.
using Sink = void (*)(Level, std::string_view event, std::string_view message, std::initializer_list<Field> fields);
void install_sink(Sink sink);
void set_level(Level level);
bool enabled(Level level);

}  // namespace agentic::log
