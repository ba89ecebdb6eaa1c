#pragma once
// Feeds bytes to the server's parser core without sockets, the way a session does: head, body, next message. For strictness tables, split
// tests and fuzzing.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/body_decoder.hpp"
#include "http/head_parser.hpp"
#include "http/target.hpp"

namespace agentic::test {

struct ParsedMessage {
    http::Method method{};
    std::string path;
    http::QueryFields query;
    std::string body;

    bool operator==(const ParsedMessage&) const = default;
};

struct ParsedStream {
    std::vector<ParsedMessage> messages;
    int failure = 0;           // the status of the refusal that ended the stream; 0: none
    std::string reason;        // the wording may depend on how the bytes are cut; nothing else may

    bool operator==(const ParsedStream& other) const { return messages == other.messages && failure == other.failure; }
};

/// `next_size(left)` says how many of the remaining bytes arrive with the next read.
inline ParsedStream parse_stream(std::string_view bytes, const std::function<std::size_t(std::size_t)>& next_size) {
    ParsedStream out;
    std::string buffer;
    http::HeadParser head({});
    http::BodyDecoder decoder;
    http::Request request;
    bool in_body = false;
    const auto refuse = [&](const http::ParseFailure& failure) {
        out.failure = failure.status;
        out.reason = failure.message;
        return out;
    };
    while (true) {
        if (!in_body) {
            const auto status = buffer.empty() ? http::HeadParser::Status::need_more : head.parse(buffer, request);
            if (status == http::HeadParser::Status::failed) return refuse(head.failure());
            if (status == http::HeadParser::Status::complete) {
                buffer.erase(0, head.consumed());
                decoder.start(head.framing());
                in_body = true;
            }
        }
        if (in_body) {
            std::string_view rest = buffer;
            std::string_view piece;
            auto step = decoder.next(rest, piece);
            for (; step == http::BodyDecoder::Step::data; step = decoder.next(rest, piece)) request.body += piece;
            buffer.erase(0, buffer.size() - rest.size());
            if (step == http::BodyDecoder::Step::failed) return refuse(decoder.failure());
            if (step == http::BodyDecoder::Step::complete) {
                out.messages.push_back({request.method, request.path, request.query, request.body});
                if (!head.framing().keep_alive) return out;
                request = {};
                head.reset();
                in_body = false;
                continue;
            }
        }
        if (bytes.empty()) return out;
        const auto n = std::min(bytes.size(), std::max<std::size_t>(next_size(bytes.size()), 1));
        buffer.append(bytes.substr(0, n));
        bytes.remove_prefix(n);
    }
}

inline ParsedStream parse_stream(std::string_view bytes) {
    return parse_stream(bytes, [](std::size_t left) { return left; });
}

}  // namespace agentic::test
