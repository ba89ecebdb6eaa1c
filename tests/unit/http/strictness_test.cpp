// Every malformed or ambiguous stream of this table is refused with its status, without the handler seeing it, and ends the connection: what
// comes after it on the wire is never read as another request (RFC 9110 and 9112; request smuggling).
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "support/http_stream.hpp"
#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

struct Row {
    std::string name;
    std::string bytes;
    int status = 400;
};

std::string get(std::string_view fields, std::string_view target = "/") { return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string line(std::string_view request_line) { return std::string(request_line) + "\r\nHost: a\r\n\r\n"; }
std::string post(std::string_view fields, std::string_view body = "") { return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" + std::string(body); }
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }
const std::string kNul(1, '\0');

std::vector<Row> request_lines() {
    return {
        {"lower-case version", line("GET / http/1.1")},
        {"no version (HTTP/0.9)", "GET /\r\n\r\n"},
        {"no target", line("GET HTTP/1.1")},
        {"empty target", line("GET  HTTP/1.1")},
        {"two spaces after the method", line("GET  / HTTP/1.1")},
        {"two spaces before the version", line("GET /  HTTP/1.1")},
        {"tab as separator", line("GET\t/\tHTTP/1.1")},
        {"trailing space", line("GET / HTTP/1.1 ")},
        {"leading space", line(" GET / HTTP/1.1")},
        {"space in the target", line("GET /a b HTTP/1.1")},
        {"method with a control", line("GE\x01T / HTTP/1.1")},
        {"method with a separator", line("GE,T / HTTP/1.1")},
        {"method with a colon", line("GET: / HTTP/1.1")},
        {"quoted method", line("\"GET\" / HTTP/1.1")},
        {"HTTP/1.", line("GET / HTTP/1.")},
        {"HTTP/11", line("GET / HTTP/11")},
        {"HTTP/1.10", line("GET / HTTP/1.10")},
        {"HTTP/01.1", line("GET / HTTP/01.1")},
        {"HTTP/1,1", line("GET / HTTP/1,1")},
        {"HTTP/a.b", line("GET / HTTP/a.b")},
        {"HTTP /1.1", line("GET / HTTP /1.1")},
        {"HTTPS/1.1", line("GET / HTTPS/1.1")},
        {"version 2.0", line("GET / HTTP/2.0"), 505},
        {"version 0.9", line("GET / HTTP/0.9"), 505},
        {"version 1.2", line("GET / HTTP/1.2"), 505},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"TRACE", line("TRACE / HTTP/1.1"), 405},
        {"CONNECT", line("CONNECT a:443 HTTP/1.1"), 405},
        {"unknown method", line("BREW / HTTP/1.1"), 405},
        {"lower-case method", line("get / HTTP/1.1"), 405},
        {"TLS hello", "\x16\x03\x01\x02\x01\x01"},
        {"two empty lines first", "\r\n\r\n" + get("")},
        {"bare LF first", "\n" + get("")},
        {"bare CR first", "\r" + get("")},
        {"byte order mark", "\xef\xbb\xbf" + get("")},
        {"NUL in the line", line("GET /" + kNul + " HTTP/1.1")},
        {"request line too long", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"endless request line", "GET /" + std::string(9000, 'a'), 414},
    };
}

std::vector<Row> targets() {
    std::vector<Row> rows;
    for (const std::string_view target : {"*", "a", "a/b", "example.com", "example.com:80", "//a", "/a//b", "/./a", "/a/../b", "/a/..", "/%2e%2e/a", "/a%2fb", "/a%2Fb", "/a%5cb", "/a\\b",
                                          "/%00", "/%0d%0aX:y", "/%", "/%4", "/%zz", "/%ff", "/%c0%ae", "/%ed%a0%80", "/%252e", "/a#b", "/#", "/\x7f", "/\xc3\xa9", "/a\"", "/<a>", "/{a}",
                                          "/?a=%zz", "/?a=%00", "/?a=%ff", "/?a#b", "http://", "http:///a", "http://b/", "http://a@a/", "ftp://a/", "https://a:99999/", "http://a/../b"})
        rows.push_back({"target " + std::string(target), get("", target)});
    return rows;
}

std::vector<Row> fields() {
    return {
        {"space before the colon", get("X : y\r\n")},
        {"tab before the colon", get("X\t: y\r\n")},
        {"space before the colon of Content-Length", post("Content-Length : 1\r\n", "x")},
        {"no colon", get("X y\r\n")},
        {"no name", get(": y\r\n")},
        {"obs-fold", get("X: a\r\n b\r\n")},
        {"obs-fold with a tab", get("X: a\r\n\tb\r\n")},
        {"first field folded", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        {"fold of only a space", get("X: a\r\n \r\n")},
        {"bare LF after a field", get("X: a\n")},
        {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
        {"bare LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        {"LF only", "GET / HTTP/1.1\nHost: a\n\n"},
        {"bare CR in a value", get("X: a\rb\r\n")},
        {"bare CR before CR LF", get("X: a\r\r\n")},
        {"CR CR LF at the end", "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"},
        {"NUL in a value", get("X: a" + kNul + "\r\n")},
        {"NUL in a name", get("X" + kNul + ": a\r\n")},
        {"control in a value", get("X: \x01\r\n")},
        {"DEL in a value", get("X: \x7f\r\n")},
        {"escape in a value", get("X: \x1b[0m\r\n")},
        {"separator in a name", get("X(y): a\r\n")},
        {"slash in a name", get("X/y: a\r\n")},
        {"non-ASCII name", get("\xc3\xa9: a\r\n")},
        {"quoted name", get("\"X\": a\r\n")},
        {"no Host", "GET / HTTP/1.1\r\n\r\n"},
        {"two Hosts", get("Host: a\r\n")},
        {"two different Hosts", get("hOsT: b\r\n")},
        {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        {"Host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
        {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"},
        {"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"},
        {"unknown expectation", post("Content-Length: 1\r\nExpect: 200-ok\r\n"), 417},
        {"too many fields", [] { std::string all; for (int i = 0; i < 101; ++i) all += "X: y\r\n"; return get(all); }(), 431},
        {"one huge field", get("X: " + std::string(33 << 10, 'x') + "\r\n"), 431},
        {"a head without end", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(33 << 10, 'x'), 431},
    };
}

std::vector<Row> lengths() {
    std::vector<Row> rows = {
        {"Content-Length and Transfer-Encoding", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"Transfer-Encoding and Content-Length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")},
        {"Transfer-Encoding and Content-Length 0", post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n")},
        {"two equal Content-Lengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x")},
        {"two Content-Lengths", post("Content-Length: 1\r\ncontent-length: 2\r\n", "xx")},
        {"two Transfer-Encodings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"identity and chunked", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        {"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {"folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")},
    };
    for (const std::string_view length : {"", "-1", "+1", "1,1", "1, 1", "1 1", "0x1", "1.0", "1e1", "a", "\"1\"", "18446744073709551616", "9999999999999999999", "1;", "1\v", "\xd9\xa1"})
        rows.push_back({"Content-Length " + std::string(length), post("Content-Length: " + std::string(length) + "\r\n", "x")});
    for (const std::string_view coding : {"", "gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "\"chunked\"", "chunked;q=1", "xchunked", "chunked x", "chunk", "x, chunked", ",chunked", "\vchunked"})
        rows.push_back({"Transfer-Encoding " + std::string(coding), post("Transfer-Encoding: " + std::string(coding) + "\r\n", "0\r\n\r\n")});
    return rows;
}

std::vector<Row> chunks() {
    std::vector<Row> rows;
    for (const std::string_view body : {"\r\n", "x\r\n", "-1\r\n", "+1\r\nx\r\n", "0x1\r\nx\r\n", " 1\r\nx\r\n", "1 \r\nx\r\n", "1\t\r\nx\r\n", "1\nx\n0\n\n", "1\r\nx\n0\r\n\r\n", "1\r\nxy\r\n", "1\r\nx0\r\n\r\n",
                                        "2\r\nx\r\n0\r\n\r\n", "1\rx\r\n", "1\r\nx\r\r\n", "1,\r\nx\r\n", "1;\r\nx\r\n", "1;=a\r\nx\r\n", "1;a=\r\nx\r\n", "1;a=\"b\r\nx\r\n", "1;a b\r\nx\r\n", "1;a\x01\r\nx\r\n",
                                        "1;a\rb\r\nx\r\n", "1;a\nb\r\nx\r\n", "1;a=b c\r\nx\r\n", "1234567890abcdef\r\n", "ffffffffffffffffff\r\n", "0\r\nX: a\n\r\n", "0\r\nX : a\r\n\r\n", "0\r\n X: a\r\n\r\n",
                                        "0\r\nContent-Length: 1\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\nHost: b\r\n\r\n", "0\r\nno colon\r\n\r\n", "0\r\n\n", "0\n\r\n", "0\r\nX: \x01\r\n\r\n"})
        rows.push_back({"chunk " + std::string(body.substr(0, body.find('\r'))), chunked(body)});
    rows.push_back({"chunk with NUL", chunked("1" + kNul + "\r\nx\r\n")});
    rows.push_back({"chunk with a long extension", chunked("1;a=" + std::string(2000, 'x') + "\r\nx\r\n")});
    std::string many;
    for (int i = 0; i < 20; ++i) many += "1;a=" + std::string(600, 'x') + "\r\nx\r\n";
    rows.push_back({"many chunk extensions", chunked(many)});
    std::string trailers = "0\r\n";
    for (int i = 0; i < 20; ++i) trailers += "X: " + std::string(600, 'x') + "\r\n";
    rows.push_back({"many trailers", chunked(trailers + "\r\n")});
    return rows;
}

std::vector<Row> all_rows() {
    std::vector<Row> rows;
    for (auto part : {request_lines(), targets(), fields(), lengths(), chunks()}) std::ranges::move(part, std::back_inserter(rows));
    return rows;
}

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 200)) out += c >= 0x20 && c < 0x7f ? std::string(1, c) : "\\x" + std::to_string(static_cast<unsigned char>(c));
    return out;
}

TEST(Strictness, TheTableIsLong) { EXPECT_GE(all_rows().size(), 180U); }

TEST(Strictness, TheParserRefusesEveryRowHoweverItIsCut) {
    std::mt19937 random(3);
    for (const auto& row : all_rows()) {
        const auto whole = test::parse_stream(row.bytes);
        EXPECT_EQ(whole.failure, row.status) << row.name << ": " << printable(row.bytes);
        EXPECT_TRUE(whole.messages.empty()) << row.name;
        EXPECT_EQ(test::parse_stream(row.bytes, [](std::size_t) { return 1; }), whole) << row.name;
        EXPECT_EQ(test::parse_stream(row.bytes, [&](std::size_t) { return random() % 9; }), whole) << row.name;
    }
}

TEST(Strictness, TheServerAnswersEveryRowOnceAndCloses) {
    std::atomic<int> handled = 0;
    TestServer server([&](Request& request) -> Awaitable<Response> {
        if (request.path != "/first") ++handled;
        co_return text_response("{}");
    });
    const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for (const auto& row : all_rows()) {
        auto client = server.connect();
        client.send_raw(get("", "/first") + row.bytes + smuggled);   // completes what a row leaves open, too
        try {
            EXPECT_EQ(client.read_reply().status, 200) << row.name;
            const auto reply = client.read_reply();
            EXPECT_EQ(reply.status, row.status) << row.name << ": " << printable(row.bytes);
            EXPECT_EQ(reply.header("connection"), "close") << row.name;
            EXPECT_NE(reply.body.find("\"error\":{\"code\":"), std::string::npos) << row.name;
            EXPECT_TRUE(client.closed_by_server()) << row.name;
        } catch (const std::exception& e) {
            ADD_FAILURE() << row.name << ": " << e.what();
        }
    }
    EXPECT_EQ(handled, 0);
}

struct Valid {
    std::string bytes;
    std::string path;
    std::string body;
};

std::vector<Valid> valid_rows() {
    return {
        {get(""), "/", ""},
        {"\r\n" + get(""), "/", ""},
        {"GET / HTTP/1.0\r\n\r\n", "/", ""},
        {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", ""},
        {get("", "http://a/x?y=1"), "/x", ""},
        {get("", "HTTP://A"), "/", ""},
        {get("", "http://a?q=1"), "/", ""},
        {get("X:\r\nY: \t a b \t\r\nZ: \xff\xfe\r\n"), "/", ""},
        {get("!#$%&'*+-.^_`|~09azAZ: token characters\r\n"), "/", ""},
        {"GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", "/", ""},
        {post("Content-Length: 0\r\n"), "/", ""},
        {post(""), "/", ""},
        {post("Content-Length: 5\r\n", "a\r\n\r\n"), "/", "a\r\n\r\n"},
        {post("Content-Length: 005\r\n", "hello"), "/", "hello"},
        {get("Content-Length: 3\r\n") + "abc", "/", "abc"},
        {post("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), "/", "abc"},
        {chunked("00003\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), "/", "abc0123456789"},
        {chunked("3;a;b=c;d=\"e\\\"f;\"\r\nabc\r\n0;z\r\n\r\n"), "/", "abc"},
        {chunked("3 ; a = b\r\nabc\r\n0\r\n\r\n"), "/", "abc"},
        {chunked("2\r\n\r\n\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n"), "/", "\r\n"},
        {"DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n", "/a", ""},
    };
}

TEST(Strictness, ValidMessagesAreReadTheSameHoweverTheyAreCut) {
    std::mt19937 random(5);
    for (const auto& row : valid_rows()) {
        const auto whole = test::parse_stream(row.bytes);
        ASSERT_EQ(whole.failure, 0) << printable(row.bytes) << ": " << whole.reason;
        ASSERT_EQ(whole.messages.size(), 1U) << printable(row.bytes);
        EXPECT_EQ(whole.messages[0].path, row.path);
        EXPECT_EQ(whole.messages[0].body, row.body);
        EXPECT_EQ(test::parse_stream(row.bytes, [](std::size_t) { return 1; }), whole);
        for (int i = 0; i < 50; ++i) EXPECT_EQ(test::parse_stream(row.bytes, [&](std::size_t) { return random() % 20; }), whole);
    }
}

TEST(Strictness, PipelinesKeepTheirBoundaries) {
    std::mt19937 random(11);
    const auto rows = valid_rows();
    for (int round = 0; round < 200; ++round) {
        std::string bytes;
        std::vector<std::string> bodies;
        for (int i = 0; i < 8; ++i) {
            const auto& row = rows[random() % rows.size()];
            if (row.bytes.contains("HTTP/1.0")) continue;
            bytes += row.bytes;
            bodies.push_back(row.body);
        }
        const auto stream = test::parse_stream(bytes, [&](std::size_t) { return random() % 64; });
        ASSERT_EQ(stream.failure, 0);
        ASSERT_EQ(stream.messages.size(), bodies.size());
        for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(stream.messages[i].body, bodies[i]);
    }
}

}  // namespace
}  // namespace agentic::http
