// A model provider for the benchmarks: the Anthropic and OpenAI protocols on one thread, with no delay or a fixed pace, the same answer to everything.
//
//   scripted_llm [--port 0] [--port-file FILE] [--tokens 20] [--delay-ms 0] [--first-delay-ms 0] [--timestamps]
//       --delay-ms paces the tokens by the clock, not by sleeps, so a stream never drifts. --timestamps makes each token `@NANOSECONDS@ `, the steady
//       clock at the moment it is written. Prints the port, or writes it to --port-file.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <format>
#include <fstream>
#include <string>
#include <string_view>

#include "async/types.hpp"

namespace {

namespace asio = agentic::asio;
using agentic::Awaitable;
using agentic::IoExecutor;
using Clock = std::chrono::steady_clock;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, IoExecutor>;

struct Options {
    std::uint16_t port = 0;
    std::string port_file;
    int tokens = 20;
    std::chrono::milliseconds delay{0};
    std::chrono::milliseconds first_delay{0};
    bool timestamps = false;
};

std::string chunk(std::string_view bytes) { return std::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }
std::string event(std::string_view name, std::string_view data) { return std::format("event: {}\ndata: {}\n\n", name, data); }

constexpr std::string_view kStreamHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\nrequest-id: req_bench\r\n"
    "x-request-id: req_bench\r\n\r\n";

/// One protocol's answer: what comes before the tokens, one token, what comes after.
struct Dialect {
    std::string before, after;
    std::string (*token)(std::string_view text);
    std::string whole;  // the answer to a request that does not stream
};

Dialect anthropic(int tokens) {
    Dialect out;
    out.before = event("message_start", R"({"type":"message_start","message":{"id":"msg_bench","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[],)"
                                        R"("stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":12,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1}}})") +
                 event("content_block_start", R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})") + event("ping", R"({"type":"ping"})");
    out.token = [](std::string_view text) {
        return event("content_block_delta", std::format(R"({{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{}"}}}})", text));
    };
    out.after = event("content_block_stop", R"({"type":"content_block_stop","index":0})") +
                event("message_delta", std::format(R"({{"type":"message_delta","delta":{{"stop_reason":"end_turn","stop_sequence":null}},"usage":{{"output_tokens":{}}}}})", tokens)) +
                event("message_stop", R"({"type":"message_stop"})");
    out.whole = std::format(R"({{"id":"msg_bench","type":"message","role":"assistant","model":"claude-sonnet-5-5","content":[{{"type":"text","text":"Hello"}}],"stop_reason":"end_turn",)"
                            R"("stop_sequence":null,"usage":{{"input_tokens":12,"output_tokens":{}}}}})", tokens);
    return out;
}

std::string openai_chunk(std::string_view choices, std::string_view usage = "null") {
    return std::format("data: {{\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":0,\"model\":\"gpt-4o\",\"choices\":[{}],\"usage\":{}}}\n\n", choices, usage);
}

Dialect openai(int tokens) {
    Dialect out;
    const auto usage = std::format(R"({{"prompt_tokens":12,"completion_tokens":{},"total_tokens":{}}})", tokens, tokens + 12);
    out.before = openai_chunk(R"({"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null})");
    out.token = [](std::string_view text) { return openai_chunk(std::format(R"({{"index":0,"delta":{{"content":"{}"}},"finish_reason":null}})", text)); };
    out.after = openai_chunk(R"({"index":0,"delta":{},"finish_reason":"stop"})") + openai_chunk("", usage) + "data: [DONE]\n\n";
    out.whole = R"({"id":"chatcmpl-bench","object":"chat.completion","created":0,"model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":)" +
                usage + "}";
    return out;
}

class Model {
public:
    explicit Model(const Options& options) : options_(options), anthropic_(anthropic(options.tokens)), openai_(openai(options.tokens)) {}

    Awaitable<void> serve(Socket socket) {
        socket.set_option(asio::ip::tcp::no_delay(true));
        std::string received;
        boost::system::error_code error;
        while (!error) {
            std::size_t size = 0;
            while ((size = request_size(received)) == 0 && !error) {
                char piece[16384];
                const auto got = co_await socket.async_read_some(asio::buffer(piece), asio::redirect_error(kToken, error));
                received.append(piece, got);
            }
            if (error) break;
            const std::string request = received.substr(0, size);
            received.erase(0, size);
            co_await answer(socket, request, error);
        }
    }

private:
    // Of the whole request at the front, 0 while it is incomplete.
    static std::size_t request_size(std::string_view data) {
        const auto end = data.find("\r\n\r\n");
        if (end == data.npos) return 0;
        std::size_t length = 0;
        for (const std::string_view name : {"\r\ncontent-length:", "\r\nContent-Length:"}) {
            const auto at = data.substr(0, end).find(name);
            if (at == data.npos) continue;
            const auto digits = data.find_first_not_of(' ', at + name.size());
            std::from_chars(data.data() + digits, data.data() + data.size(), length);
        }
        return data.size() >= end + 4 + length ? end + 4 + length : 0;
    }

    Awaitable<void> answer(Socket& socket, const std::string& request, boost::system::error_code& error) {
        const bool is_anthropic = request.starts_with("POST /v1/messages");
        const auto& dialect = is_anthropic ? anthropic_ : openai_;
        std::string out;
        if (!is_anthropic && !request.starts_with("POST /v1/chat/completions")) {
            out = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        } else if (!request.contains("\"stream\":true") && !request.contains("\"stream\": true")) {
            out = std::format("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{}", dialect.whole.size(), dialect.whole);
        } else if (options_.delay.count() != 0 || options_.first_delay.count() != 0) {
            co_return co_await paced(socket, dialect, error);
        } else {
            out.append(kStreamHead).append(chunk(dialect.before));
            for (int i = 0; i < options_.tokens; ++i) out += chunk(dialect.token(text(i)));
            out.append(chunk(dialect.after)).append("0\r\n\r\n");
        }
        co_await asio::async_write(socket, asio::buffer(out), asio::redirect_error(kToken, error));
    }

    Awaitable<void> paced(Socket& socket, const Dialect& dialect, boost::system::error_code& error) {
        Timer timer(socket.get_executor());
        auto due = Clock::now() + options_.first_delay;
        std::string out = std::string(kStreamHead) + chunk(dialect.before);
        for (int i = 0; i < options_.tokens && !error; ++i, due += options_.delay) {
            if (due > Clock::now()) {
                co_await asio::async_write(socket, asio::buffer(out), asio::redirect_error(kToken, error));
                out.clear();
                timer.expires_at(due);
                boost::system::error_code ignored;
                co_await timer.async_wait(asio::redirect_error(kToken, ignored));
            }
            out += chunk(dialect.token(text(i)));
        }
        out.append(chunk(dialect.after)).append("0\r\n\r\n");
        if (!error) co_await asio::async_write(socket, asio::buffer(out), asio::redirect_error(kToken, error));
    }

    std::string text(int index) const {
        if (options_.timestamps) return std::format("@{}@ ", Clock::now().time_since_epoch().count());
        return std::format("token{} ", index);
    }

    static constexpr asio::use_awaitable_t<IoExecutor> kToken{};
    Options options_;
    Dialect anthropic_, openai_;
};

Awaitable<void> accept_all(asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>& acceptor, Model& model) {
    const IoExecutor executor = acceptor.get_executor();
    while (true) {
        Socket socket = co_await acceptor.async_accept(executor, asio::use_awaitable_t<IoExecutor>{});
        asio::co_spawn(executor, model.serve(std::move(socket)), [](std::exception_ptr) {});
    }
}

bool parse(int count, char** arguments, Options& options) {
    for (int i = 1; i < count; ++i) {
        const std::string_view name = arguments[i];
        if (name == "--timestamps") {
            options.timestamps = true;
            continue;
        }
        if (i + 1 == count) return false;
        const char* value = arguments[++i];
        if (name == "--port") options.port = static_cast<std::uint16_t>(std::atoi(value));
        else if (name == "--port-file") options.port_file = value;
        else if (name == "--tokens") options.tokens = std::atoi(value);
        else if (name == "--delay-ms") options.delay = std::chrono::milliseconds(std::atoi(value));
        else if (name == "--first-delay-ms") options.first_delay = std::chrono::milliseconds(std::atoi(value));
        else return false;
    }
    return true;
}

}  // namespace

int main(int count, char** arguments) {
    Options options;
    if (!parse(count, arguments, options)) {
        std::fputs("usage: scripted_llm [--port N] [--port-file FILE] [--tokens N] [--delay-ms N] [--first-delay-ms N] [--timestamps]\n", stderr);
        return 2;
    }
    asio::io_context context(1);
    asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor> acceptor(context, {asio::ip::make_address("127.0.0.1"), options.port});
    acceptor.listen(4096);
    const auto port = std::to_string(acceptor.local_endpoint().port());
    if (options.port_file.empty()) {
        std::printf("%s\n", port.c_str());
        std::fflush(stdout);
    } else {
        std::ofstream(options.port_file + ".new") << port;
        std::filesystem::rename(options.port_file + ".new", options.port_file);  // never seen half written
    }
    Model model(options);
    asio::co_spawn(context, accept_all(acceptor, model), [](std::exception_ptr) {});
    context.run();
}
