#pragma once
#include <functional>
#include <string>

#include "app/config/config.hpp"
#include "core/clock.hpp"

namespace agentic::app {

/// One log line, newline included: `{"timestamp","level","event","message",...fields}`, or the same for people. Pure, for tests.
std::string json_log_line(Timestamp now, log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields);
std::string text_log_line(Timestamp now, log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields, bool colour);

/// Sends log lines to stderr for as long as it lives; at most one exists. Whoever logs only appends to a bounded buffer, and one thread writes it
/// out, so that a slow reader of the log never stops an I/O thread: then lines are dropped, counted, and the count is logged.
class LogWriter {
public:
    explicit LogWriter(const LogConfig& config);
    ~LogWriter();  // writes out what is there
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;
};

/// While one lives, `observe` is told of every error that is logged, on the thread that logs it: it must be quick and must not log. At most one exists.
class ErrorObserver {
public:
    using Observe = std::function<void(Timestamp now, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields)>;

    explicit ErrorObserver(Observe observe);
    ~ErrorObserver();  // waits for a call under way
    ErrorObserver(const ErrorObserver&) = delete;
    ErrorObserver& operator=(const ErrorObserver&) = delete;
};

}  // namespace agentic::app
