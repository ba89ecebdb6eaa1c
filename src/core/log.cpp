#include "core/log.hpp"

#include <atomic>
#include <cstdio>

namespace agentic::log {
namespace {

void plain_sink(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields) {
    static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
    std::string line = std::string(kNames[static_cast<int>(level)]) + " " + std::string(event) + ": " + std::string(message);
    for (const auto& field : fields) line += " " + std::string(field.key) + "=" + field.text;
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

std::atomic<Sink> sink_now{plain_sink};
std::atomic<Level> level_now{Level::info};

}  // namespace

void install_sink(Sink sink) { sink_now = sink == nullptr ? plain_sink : sink; }
void set_level(Level level) { level_now = level; }
bool enabled(Level level) { return level >= level_now.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, std::string_view message, std::initializer_list<Field> fields) {
    if (!enabled(level)) return;
    try {
        sink_now.load()(level, event, message, fields);
    } catch (...) {  // a log line that cannot be written must not fail the work it describes
    }
}

}  // namespace agentic::log
