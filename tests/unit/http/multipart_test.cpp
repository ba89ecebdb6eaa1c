#include "http/multipart.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>

#include "core/encoding.hpp"
#include "core/random.hpp"
#include "http/status.hpp"
#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

class Collector final : public PartSink {
public:
    struct Part {
        PartHead head;
        std::string data;
        bool ended = false;
    };
    Result<void> begin(PartHead head) override {
        parts.push_back({std::move(head), {}, false});
        return {};
    }
    Result<void> data(std::string_view bytes) override {
        parts.back().data += bytes;
        return {};
    }
    Result<void> end() override {
        parts.back().ended = true;
        return {};
    }
    std::vector<Part> parts;
};

Result<std::vector<Collector::Part>> parse(std::string_view body, std::size_t step = 1 << 20, MultipartLimits limits = {}) {
    Collector collector;
    MultipartParser parser("b", limits, collector);
    for (std::size_t at = 0; at < body.size(); at += step) AGENTIC_CHECK(parser.feed(body.substr(at, step)));
    AGENTIC_CHECK(parser.finish());
    return std::move(collector.parts);
}

std::string part(std::string_view head, std::string_view data) { return "--b\r\n" + std::string(head) + "\r\n\r\n" + std::string(data) + "\r\n"; }

const std::string kTitle = "Content-Disposition: form-data; name=\"title\"";
const std::string kFile = "Content-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\" C:\\dir.txt\"\r\nContent-Type: text/plain";

TEST(Multipart, ReadsFieldsAndFilesHoweverTheyAreCut) {
    const std::string data = "line\r\n--\r\n--a\r\n-b\r\r\n--" + std::string(1, '\0') + "\xff end\r\n";
    const auto body = part(kTitle, "") + part(kFile, data) + "--b--\r\nepilogue";
    for (std::size_t step = 1; step < body.size() + 2; ++step) {
        const auto parts = parse(body, step);
        ASSERT_TRUE(parts.has_value()) << step << " " << parts.error().public_message;
        ASSERT_EQ(parts->size(), 2U);
        EXPECT_EQ((*parts)[0].head.name, "title");
        EXPECT_FALSE((*parts)[0].head.file_name.has_value());
        EXPECT_EQ((*parts)[0].data, "");
        EXPECT_EQ((*parts)[1].head.file_name, "a \"b\" C:\\dir.txt");
        EXPECT_EQ((*parts)[1].head.content_type, "text/plain");
        EXPECT_EQ((*parts)[1].data, data);
        EXPECT_TRUE((*parts)[1].ended);
    }
}

TEST(Multipart, AcceptsHarmlessVariations) {
    EXPECT_TRUE(parse("--b--").has_value()) << "no parts";
    EXPECT_TRUE(parse("\r\n--b--\r\n").has_value()) << "an empty line first";
    EXPECT_TRUE(parse("--b \t\r\n" + kTitle + "\r\n\r\nx\r\n--b--").has_value()) << "padding after a boundary";
    EXPECT_TRUE(parse("--b\r\ncontent-disposition: FORM-DATA; NAME=t\r\n\r\nx\r\n--b--").has_value()) << "case and tokens";
    EXPECT_TRUE(parse(part("Content-Disposition: form-data; name=\"a[]\"", "1") + part("Content-Disposition: form-data; name=\"a[]\"", "2") + "--b--").has_value());
}

TEST(Multipart, RefusesWhatIsMalformedOrAmbiguous) {
    const std::string end = "--b--\r\n";
    const std::vector<std::string> bad = {
        "",
        "--b",
        "--b\r\n",
        "preamble\r\n--b--",
        "--c--",
        part(kTitle, "x"),
        part(kTitle, "x") + "--b",
        part(kTitle, "x") + "--bc\r\n" + end,
        "--b-\r\n" + kTitle + "\r\n\r\nx\r\n" + end,
        "--b\n" + kTitle + "\n\nx\n--b--\n",
        "--b\r\n" + kTitle + "\n\r\n\r\nx\r\n" + end,
        "--b\r\n\r\nno head\r\n" + end,
        part("Content-Type: text/plain", "x") + end,
        part("Content-Disposition: form-data", "x") + end,
        part("Content-Disposition: form-data; name=\"\"", "x") + end,
        part("Content-Disposition: attachment; name=\"x\"", "x") + end,
        part("Content-Disposition: form-data; name=\"x\"; name=\"y\"", "x") + end,
        part("Content-Disposition: form-data; name=\"x\"; filename=\"1\"; FILENAME=\"2\"", "x") + end,
        part("Content-Disposition: form-data; name=\"x\"; filename*=utf-8''a", "x") + end,
        part("Content-Disposition: form-data; name=\"x", "x") + end,
        part("Content-Disposition: form-data; name", "x") + end,
        part("Content-Disposition: form-data; name=\"\xff\"", "x") + end,
        part("Content-Disposition: form-data; name=\"x\"; filename=\"\xc3\"", "x") + end,
        part("Content-Disposition: form-data; name=\"" + std::string(256, 'n') + "\"", "x") + end,
        part(kTitle + "\r\n" + kTitle, "x") + end,
        part(kTitle + "\r\nContent-Type: a/b\r\nContent-Type: c/d", "x") + end,
        part(kTitle + "\r\n folded", "x") + end,
        part("Content-Disposition : form-data; name=x", "x") + end,
        part(kTitle + "\r\nContent-Transfer-Encoding: base64", "eA==") + end,
        part(kTitle + "\r\nX: a" + std::string(1, '\0'), "x") + end,
        part(kTitle, "1") + part(kTitle, "2") + end,
        part(kTitle + "\r\nX: " + std::string(9000, 'x'), "x") + end,
    };
    for (const auto& body : bad) {
        for (const std::size_t step : {std::size_t{1}, std::size_t{1000}}) {
            const auto parts = parse(body, step);
            ASSERT_FALSE(parts.has_value()) << body;
            EXPECT_EQ(parts.error().code, ErrorCode::bad_request);
        }
    }
}

TEST(Multipart, LimitsTheNumberOfParts) {
    std::string body;
    for (int i = 0; i < 3; ++i) body += part("Content-Disposition: form-data; name=n" + std::to_string(i), "x");
    EXPECT_TRUE(parse(body + "--b--", 64, {.parts = 3}).has_value());
    EXPECT_FALSE(parse(body + "--b--", 64, {.parts = 2}).has_value());
}

TEST(Multipart, LimitsTheHeadOfAPartHoweverItIsCut) {
    const MultipartLimits limits{.head_bytes = kTitle.size() + 2};   // its CR LF counts
    const auto fits = part(kTitle, "x") + "--b--";
    const auto too_large = part(kTitle + " ", "x") + "--b--";
    for (std::size_t step = 1; step <= too_large.size(); ++step) {
        EXPECT_TRUE(parse(fits, step, limits).has_value()) << step;
        EXPECT_FALSE(parse(too_large, step, limits).has_value()) << step;
    }
}

TEST(Multipart, ReadsTheBoundary) {
    EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc").value(), "abc");
    EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b:c\"").value(), "a b:c");
    for (const std::string_view bad : {"multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"\"", "multipart/form-data; boundary=a; boundary=b",
                                       "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a\rb\"", "multipart/form-data; boundary=a b", "multipart/form-data; boundary=\"a"})
        EXPECT_FALSE(multipart_boundary(bad).has_value()) << bad;
    EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')).has_value());
}

// Uploads through the server.

std::atomic<int> unlinked_on_io_threads = 0;

class UploadDirectory {
public:
    UploadDirectory() : path_(std::filesystem::temp_directory_path() / ("agentic-test-" + random_token(8))) { std::filesystem::create_directory(path_); }
    ~UploadDirectory() { std::filesystem::remove_all(path_); }
    std::string path() const { return path_.string(); }
    bool empty() const { return std::filesystem::is_empty(path_); }

private:
    std::filesystem::path path_;
};

std::string sha256_hex(std::string_view data) {
    unsigned char hash[32];
    EXPECT_EQ(::EVP_Digest(data.data(), data.size(), hash, nullptr, ::EVP_sha256(), nullptr), 1);
    return hex_encode({reinterpret_cast<const char*>(hash), sizeof hash});
}

ServerSettings with_uploads(const UploadDirectory& directory) {
    auto settings = TestServer::quick();
    settings.upload_directory = directory.path();
    settings.upload_limit_bytes = 300ULL << 20;
    return settings;
}

// Describes the form; proves that the file is there, private and whole while the handler runs.
Awaitable<Response> describe_form(Request& request) {
    std::string out;
    for (const auto& item : request.form) {
        out += item.name + "|" + item.file_name.value_or("-") + "|" + item.content_type + "|" + item.text + "|" + std::to_string(item.size) + "|" + item.sha256_hex;
        struct stat info{};
        if (!item.path.empty() && ::stat(item.path.c_str(), &info) == 0) out += "|" + std::to_string(info.st_mode & 0777) + "|" + std::to_string(info.st_size);
        out += "\n";
    }
    co_return text_response(out + "[" + request.body + "]", "text/plain");
}

const test::HeaderList kFormType = {{"Content-Type", "multipart/form-data; boundary=b"}};

TEST(Upload, StoresFilesPrivatelyAndRemovesThemAfterTheRequest) {
    UploadDirectory directory;
    TestServer server(describe_form, with_uploads(directory));
    std::string data(300'000, '\0');
    std::mt19937 random(1);
    for (auto& c : data) c = static_cast<char>(random());
    auto client = server.connect();
    for (int round = 0; round < 2; ++round) {
        const auto reply = client.request("POST", "/", kFormType, part(kTitle, "T\xc3\xa4st") + part(kFile, data) + "--b--\r\n");
        EXPECT_EQ(reply.body, "title|-||T\xc3\xa4st|5|\nfile|a \"b\" C:\\dir.txt|text/plain||300000|" + sha256_hex(data) + "|384|300000\n[]") << "384 is 0600";
        EXPECT_TRUE(eventually([&] { return directory.empty(); }));
    }
}

TEST(Upload, AcceptsChunkedForms) {
    UploadDirectory directory;
    TestServer server(describe_form, with_uploads(directory));
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n");
    const auto body = part(kTitle, "x") + part(kFile, "12345") + "--b--";
    for (const char c : body) client.send_raw("1\r\n" + std::string(1, c) + "\r\n");
    client.send_raw("0\r\n\r\n");
    EXPECT_NE(client.read_reply().body.find("|5|" + sha256_hex("12345")), std::string::npos);
}

TEST(Upload, LeavesNothingBehindWhenTheFormIsBadOrBreaksOff) {
    unlinked_on_io_threads = 0;
    UploadDirectory directory;
    TestServer server(describe_form, with_uploads(directory));
    {
        auto client = server.connect();
        EXPECT_EQ(client.request("POST", "/", kFormType, part(kFile, "x") + "--wrong").status, 400);
        EXPECT_TRUE(client.closed_by_server());
    }
    {
        auto client = server.connect();
        client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900000\r\n\r\n" + part(kFile, std::string(400'000, 'x')));
        EXPECT_TRUE(eventually([&] { return !directory.empty(); }));
    }
    EXPECT_TRUE(eventually([&] { return directory.empty(); }));
    EXPECT_EQ(unlinked_on_io_threads, 0) << "a file system may be slow";
}

TEST(Upload, RefusesTooLargeFormsTextsAndUnusableOnes) {
    UploadDirectory directory;
    auto settings = with_uploads(directory);
    settings.upload_limit_bytes = 4 << 20;
    TestServer server(describe_form, settings);
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 4194305\r\n\r\n");
    EXPECT_EQ(client.read_reply().status, 413);
    EXPECT_EQ(server.connect().request("POST", "/", kFormType, part(kTitle, std::string((1 << 20) + 1, 'x')) + "--b--").status, 413) << "text fields";
    EXPECT_EQ(server.connect().request("POST", "/", kFormType, part(kTitle, "\xff") + "--b--").status, 400) << "not UTF-8";
    EXPECT_EQ(server.connect().request("POST", "/", {{"Content-Type", "multipart/form-data"}}, "--b--").status, 400) << "no boundary";
    settings.upload_directory.clear();
    EXPECT_EQ(TestServer(describe_form, settings).connect().request("POST", "/", kFormType, "--b--").status, 415);
    settings.upload_directory = directory.path() + "/missing";
    EXPECT_EQ(TestServer(describe_form, settings).connect().request("POST", "/", kFormType, part(kFile, "x") + "--b--").status, 500);
}

TEST(Upload, IsRefusedFromItsHeadWhenItIsNotAdmitted) {
    UploadDirectory directory;
    auto settings = with_uploads(directory);
    settings.upload_admission = [](Request& request) -> Awaitable<std::optional<Response>> {
        if (request.headers.get("authorization")) co_return std::nullopt;
        co_return error_response({.code = ErrorCode::not_authenticated, .public_message = "Who are you?"}, request.request_id);
    };
    TestServer server(describe_form, settings);
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_reply().status, 401) << "and not 100";
    EXPECT_TRUE(client.closed_by_server());
    auto headers = kFormType;
    headers.emplace_back("Authorization", "Bearer x");
    EXPECT_EQ(server.connect().request("POST", "/", headers, part(kFile, "x") + "--b--").status, 200);
}

TEST(Upload, AnswersWhenTheAdmissionFails) {
    UploadDirectory directory;
    auto settings = with_uploads(directory);
    settings.upload_admission = [](Request&) -> Awaitable<std::optional<Response>> {
        throw std::runtime_error("secret detail");
        co_return std::nullopt;
    };
    TestServer server(describe_form, settings);
    auto client = server.connect();
    auto headers = kFormType;
    headers.emplace_back("X-Request-ID", "req-1");
    const auto reply = client.request("POST", "/", headers, part(kFile, "x") + "--b--");
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
    EXPECT_NE(reply.body.find("\"request_id\":\"req-1\""), std::string::npos);
    EXPECT_TRUE(client.closed_by_server());
}

std::size_t peak_resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6)) * 1024;
    return 0;
}

TEST(Upload, KeepsMemoryFlatFor200Megabytes) {
    UploadDirectory directory;
    TestServer server(describe_form, with_uploads(directory));
    constexpr std::size_t kSize = 200 << 20;
    const std::string head = "--b\r\n" + kFile + "\r\n\r\n";
    const std::string tail = "\r\n--b--\r\n";
    const std::string block(1 << 20, 'z');
    auto client = server.connect();
    std::ofstream("/proc/self/clear_refs") << "5";   // the peak counts from here
    const auto before = peak_resident_bytes();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: " + std::to_string(head.size() + kSize + tail.size()) + "\r\n\r\n" + head);
    for (std::size_t sent = 0; sent < kSize; sent += block.size()) ASSERT_TRUE(client.send_raw(block));
    client.send_raw(tail);
    EXPECT_NE(client.read_reply().body.find("|" + std::to_string(kSize) + "|"), std::string::npos);
    EXPECT_LT(peak_resident_bytes() - before, 16U << 20);
}

TEST(Upload, StaleFilesOfACrashAreRemovedAtTheNextStart) {
    UploadDirectory directory;
    const auto file = [&](const std::string& name, std::chrono::hours age) {
        const auto path = std::filesystem::path(directory.path()) / name;
        std::ofstream(path) << "x";
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() - age);
        return path;
    };
    const auto stale = file("upload-old", std::chrono::hours(25));
    const auto recent = file("upload-new", std::chrono::hours(1));
    const auto other = file("other", std::chrono::hours(99));
    TestServer server(describe_form, with_uploads(directory));
    EXPECT_FALSE(std::filesystem::exists(stale));
    EXPECT_TRUE(std::filesystem::exists(recent));
    EXPECT_TRUE(std::filesystem::exists(other));
}

}  // namespace
}  // namespace agentic::http

// Of the whole test program: counts who removes files where connections are served.
extern "C" __attribute__((visibility("default"))) int unlink(const char* path) noexcept {
    using Unlink = int (*)(const char*);
    static const auto real = reinterpret_cast<Unlink>(::dlsym(RTLD_NEXT, "unlink"));
    if (agentic::async::IoPool::current()) ++agentic::http::unlinked_on_io_threads;
    return real(path);
}
