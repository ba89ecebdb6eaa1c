#pragma once
// A redis-server of a test's own, on a free port of the loopback address; it ends with the test, however that ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <format>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/temp_dir.hpp"

namespace agentic::test {

inline std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

/// What a command of the shell prints, without the last line break.
inline std::string output_of(const std::string& command) {
    std::string out;
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    for (char buffer[4096]; const auto size = std::fread(buffer, 1, sizeof buffer, pipe);) out.append(buffer, size);
    ::pclose(pipe);
    if (out.ends_with('\n')) out.pop_back();
    return out;
}

class RedisServer {
public:
    enum class Transport { plain, tls };

    /// Throws when there is no redis-server that starts: a test that needs it is never skipped.
    explicit RedisServer(std::vector<std::string> options = {}, Transport transport = Transport::plain) : options_(std::move(options)), is_tls_(transport == Transport::tls) {
        if (is_tls_) {
            output_of(std::format("cd {} && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost "
                                  "-addext subjectAltName=DNS:localhost 2>/dev/null", folder_.path().string()));
        }
        for (int attempt = 0; attempt < 5; ++attempt) {  // another process may take the port meanwhile
            port_ = free_port();
            start();
            if (await_answer()) return;
            kill();
        }
        throw std::runtime_error("redis-server does not start: " + output_of("cat " + (folder_ / "log").string()));
    }
    ~RedisServer() { kill(); }
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::filesystem::path certificate() const { return folder_ / "cert.pem"; }

    void start() {
        std::vector<std::string> words{"redis-server", "--bind", "127.0.0.1", "--dir", folder_.path().string(), "--save", "", "--appendonly", "no", "--logfile", (folder_ / "log").string()};
        const auto port = std::to_string(port_);
        if (is_tls_) {
            words.insert(words.end(), {"--port", "0", "--tls-port", port, "--tls-cert-file", certificate().string(), "--tls-key-file", (folder_ / "key.pem").string(), "--tls-ca-cert-file",
                                       certificate().string(), "--tls-auth-clients", "no"});
        } else {
            words.insert(words.end(), {"--port", port});
        }
        words.insert(words.end(), options_.begin(), options_.end());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        const pid_t parent = ::getpid();
        process_ = ::fork();
        if (process_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        const int null = ::open("/dev/null", O_RDWR);
        for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
        ::execvp(argv[0], argv.data());
        ::_exit(127);
    }
    void kill() {
        if (process_ <= 0) return;
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
        process_ = -1;
    }
    /// It keeps its connections and answers nothing, until resume().
    void freeze() { ::kill(process_, SIGSTOP); }
    void resume() { ::kill(process_, SIGCONT); }

    /// Runs `redis-cli` with these words of the shell.
    std::string cli(const std::string& words) const {
        const auto tls = is_tls_ ? std::format("--tls --cacert {} -h localhost ", certificate().string()) : std::string();
        return output_of(std::format("redis-cli {}-p {} {} 2>/dev/null", tls, port_, words));
    }

    bool await_answer() const {
        for (int i = 0; i < 200; ++i) {
            if (const auto answer = cli("ping"); answer == "PONG" || answer.starts_with("NOAUTH")) return true;
            int status = 0;
            if (::waitpid(process_, &status, WNOHANG) == process_) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return false;
    }

private:
    TempDir folder_;
    std::vector<std::string> options_;
    bool is_tls_;
    std::uint16_t port_ = 0;
    pid_t process_ = -1;
};

}  // namespace agentic::test
