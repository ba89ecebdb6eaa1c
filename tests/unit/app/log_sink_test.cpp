#include "app/log_sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace agentic::app {
namespace {

const auto kNow = *Timestamp::parse("2026-11-22T10:00:00.123456Z");

TEST(LogLine, IsOneJsonObject) {
    EXPECT_EQ(json_log_line(kNow, log::Level::info, "request", "GET /v1/agents", {{"status", 200}, {"route", "/v1/agents"}, {"ms", 1.5}}),
              R"({"timestamp":"2026-11-22T10:00:00.123456Z","level":"info","event":"request","message":"GET /v1/agents","status":200,"route":"/v1/agents","ms":1.500000})"
              "\n");
}

TEST(LogLine, CannotBeForgedByWhatAClientSends) {
    const auto line = json_log_line(kNow, log::Level::error, "e", "a\"b\nc", {{"agent", "x\",\"level\":\"info\n"}, {"raw", "\xff\xfe"}});
    EXPECT_EQ(std::ranges::count(line, '\n'), 1);
    EXPECT_TRUE(line.contains(R"("message":"a\"b\nc")")) << line;
    EXPECT_TRUE(line.contains(R"("agent":"x\",\"level\":\"info\n")")) << line;
    EXPECT_TRUE(line.contains(R"("raw":"??")")) << line;
    const auto text = text_log_line(kNow, log::Level::error, "e", "a\nb\033[2J", {{"agent", "x\ny"}}, false);
    EXPECT_EQ(text, "10:00:00.123 error   e a\\nb\\u001b[2J agent=\"x\\ny\"\n");
}

/// Points stderr at a file while it lives.
class CapturedStderr {
public:
    CapturedStderr() : path_(testing::TempDir() + "stderr.log"), saved_(dup(STDERR_FILENO)) {
        const int file = open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
        dup2(file, STDERR_FILENO);
        close(file);
    }
    ~CapturedStderr() { restore(); }
    std::string restore() {
        if (saved_ >= 0) {
            dup2(saved_, STDERR_FILENO);
            close(std::exchange(saved_, -1));
        }
        std::ifstream file(path_);
        return {std::istreambuf_iterator<char>(file), {}};
    }

private:
    std::string path_;
    int saved_;
};

TEST(LogWriter, WritesEveryLineOfEveryThreadWhole) {
    CapturedStderr captured;
    {
        const LogWriter writer({.level = log::Level::info, .format = LogFormat::json});
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) threads.emplace_back([] { for (int i = 0; i < 100; ++i) log::info("test", "line", {{"n", i}}); });
        log::debug("test", "below the level");
    }
    const auto text = captured.restore();
    EXPECT_EQ(std::ranges::count(text, '\n'), 400);
    EXPECT_FALSE(text.contains("below"));
    EXPECT_TRUE(text.starts_with("{\"timestamp\"")) << text.substr(0, 100);
}

TEST(LogWriter, ShowsErrorsToWhoWatchesThem) {
    CapturedStderr captured;
    std::vector<std::string> seen;
    {
        const LogWriter writer({.level = log::Level::error, .format = LogFormat::json});
        {
            const ErrorObserver observer([&](Timestamp now, std::string_view event, std::string_view message, std::initializer_list<log::Field> fields) {
                EXPECT_GT(now.us, 0);
                seen.push_back(std::string(event) + " " + std::string(message) + " " + std::string(fields.begin()->key) + "=" + fields.begin()->text);
            });
            log::warning("warned", "no error", {{"n", 1}});
            log::error("broke", "it did", {{"n", 2}});
        }
        log::error("later", "nobody watches", {{"n", 3}});
    }
    EXPECT_EQ(seen, std::vector<std::string>{"broke it did n=2"});
    const auto text = captured.restore();
    EXPECT_EQ(std::ranges::count(text, '\n'), 2) << "and the log has its lines all the same";
}

TEST(LogWriter, DropsAndCountsInsteadOfBlockingWhenNobodyReads) {
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    const int saved = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[1]);
    std::string seen;
    {
        const LogWriter writer({.level = log::Level::info, .format = LogFormat::json});
        const std::string wide(1000, 'x');
        for (int i = 0; i < 4000; ++i) log::info("test", wide);  // 4 MB against a buffer of 1 MB: must come back at once
        std::jthread reader([&] {
            std::array<char, 65536> piece{};
            for (ssize_t size = 0; (size = read(pipe_ends[0], piece.data(), piece.size())) > 0;) seen.append(piece.data(), static_cast<std::size_t>(size));
        });
        // The writer ends first and closes nothing; the reader ends when the last write end is gone.
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        log::info("test", "after");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        dup2(saved, STDERR_FILENO);
        close(saved);
    }
    close(pipe_ends[0]);
    EXPECT_TRUE(seen.contains(R"("event":"log_lines_dropped")"));
    EXPECT_TRUE(seen.contains(R"("message":"after")"));
}

}  // namespace
}  // namespace agentic::app
