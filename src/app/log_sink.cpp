#include "app/log_sink.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <format>
#include <mutex>
#include <thread>

#include "core/encoding.hpp"

namespace agentic::app {
namespace {

constexpr std::size_t kBufferBytesMax = 1 << 20;               // about 4,000 lines; more is dropped
constexpr auto kLinger = std::chrono::milliseconds(10);        // gathers lines into one write
constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
constexpr std::string_view kColours[] = {"\033[2m", "\033[32m", "\033[33m", "\033[31m"};

/// Fields come from requests too: what is not UTF-8 must not make a line unreadable.
void append_string(std::string& out, std::string_view text) {
    if (is_valid_utf8(text)) return append_json_string(out, text);
    std::string clean(text);
    for (auto& c : clean) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
    append_json_string(out, clean);
}

bool needs_quotes(std::string_view text) { return text.empty() || text.find_first_of(" \"=\\\n\r\t\033") != std::string_view::npos || !is_valid_utf8(text); }

/// The buffer between those who log and the one thread that writes. Lives for the whole process, because log lines may come at any time.
class Buffer {
public:
    void start(bool as_json, bool colour) {
        as_json_ = as_json;
        colour_ = colour;
        stopping_ = false;
        thread_ = std::jthread([this] { run(); });
    }
    void stop() {
        {
            const std::scoped_lock lock(mutex_);
            stopping_ = true;
        }
        wake_.notify_one();
        thread_.join();
    }
    void add(log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
        const auto now = SystemClock().now();
        if (level == log::Level::error) tell_observer(now, event, message, fields);
        const auto line = as_json_ ? json_log_line(now, level, event, message, fields) : text_log_line(now, level, event, message, fields, colour_);
        const std::scoped_lock lock(mutex_);
        if (lines_.size() + line.size() > kBufferBytesMax) {
            ++dropped_;
            return;
        }
        const bool was_empty = lines_.empty();
        lines_ += line;
        if (was_empty) wake_.notify_one();
    }
    void observe(ErrorObserver::Observe observe) {
        const std::scoped_lock lock(observing_);
        observe_ = std::move(observe);
    }

private:
    void tell_observer(Timestamp now, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
        const std::scoped_lock lock(observing_);
        if (observe_) observe_(now, event, message, fields);
    }
    void run() {
        std::string out;
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
            if (!stopping_) wake_.wait_for(lock, kLinger, [this] { return stopping_; });
            out.swap(lines_);
            const auto dropped = std::exchange(dropped_, 0);
            const bool last = stopping_;
            lock.unlock();
            if (dropped > 0) out += json_log_line(SystemClock().now(), log::Level::warning, "log_lines_dropped", "The log was read too slowly", {{"lines", dropped}});
            write_all(out);
            out.clear();
            if (last) return;
            lock.lock();
        }
    }
    static void write_all(std::string_view text) {
        while (!text.empty()) {
            const auto size = write(STDERR_FILENO, text.data(), text.size());
            if (size <= 0 && errno != EINTR) return;  // nobody reads the log any more
            if (size > 0) text.remove_prefix(static_cast<std::size_t>(size));
        }
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::string lines_;
    std::uint64_t dropped_ = 0;
    bool stopping_ = false;
    bool as_json_ = true;
    bool colour_ = false;
    std::jthread thread_;

    std::mutex observing_;
    ErrorObserver::Observe observe_;
};

Buffer& buffer() {
    static Buffer instance;
    return instance;
}

void to_buffer(log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
    buffer().add(level, event, message, fields);
}

}  // namespace

std::string json_log_line(Timestamp now, log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
    std::string out;
    out.reserve(256);
    out += R"({"timestamp":")";
    out += now.to_string();
    out += R"(","level":")";
    out += kLevels[static_cast<std::size_t>(level)];
    out += R"(","event":)";
    append_string(out, event);
    out += R"(,"message":)";
    append_string(out, message);
    for (const auto& field : fields) {
        out += ',';
        append_string(out, field.key);
        out += ':';
        if (field.is_number) out += field.text;
        else append_string(out, field.text);
    }
    out += "}\n";
    return out;
}

std::string text_log_line(Timestamp now, log::Level level, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields, bool colour) {
    const auto index = static_cast<std::size_t>(level);
    // Control characters of a message must not reach a terminal: the JSON form of a string has none.
    const auto safe = [](std::string_view text) {
        if (!needs_quotes(text)) return std::string(text);
        std::string quoted;
        append_string(quoted, text);
        return quoted;
    };
    std::string quoted_message;
    append_string(quoted_message, message);
    const auto plain_message = std::string_view(quoted_message).substr(1, quoted_message.size() - 2);
    std::string out = std::format("{} {}{:<7}{} {} {}", now.to_string().substr(11, 12), colour ? kColours[index] : "", kLevels[index], colour ? "\033[0m" : "", event,
                                  plain_message);
    for (const auto& field : fields) out += std::format(" {}={}", field.key, safe(field.text));
    out += '\n';
    return out;
}

LogWriter::LogWriter(const LogConfig& config) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    buffer().start(config.format == LogFormat::json || (config.format == LogFormat::automatic && !terminal), terminal);
    log::set_level(config.level);
    log::install_sink(to_buffer);
}

LogWriter::~LogWriter() {
    log::install_sink(nullptr);
    buffer().stop();
}

ErrorObserver::ErrorObserver(Observe observe) { buffer().observe(std::move(observe)); }
ErrorObserver::~ErrorObserver() { buffer().observe({}); }

}  // namespace agentic::app
