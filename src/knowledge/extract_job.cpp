#include "knowledge/extract_job.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace agentic::knowledge {
namespace {

using StreamDescriptor = asio::posix::basic_stream_descriptor<IoExecutor>;

constexpr int kPipeBytes = 1 << 20;
constexpr std::size_t kPieceBytes = 1 << 18;
constexpr std::chrono::seconds kGrace{5};   // past a document's own limit, for its worker to say how it ended

std::unexpected<Error> broken(std::string what) { return fail(ErrorCode::unavailable, "Reading the file failed; try again", "extraction worker: " + std::move(what)); }

/// Borrows the worker's socket for this coroutine's loop; the next job may be on another.
class Control {
public:
    Control(IoExecutor home, int socket) : stream_(home, socket) {}
    ~Control() { stream_.release(); }
    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// A datagram of type T. Fails when the worker has gone or says something else.
    template <class T>
    Task<T> receive(std::uint32_t magic) {
        T message;
        while (true) {
            const auto got = ::recv(stream_.native_handle(), &message, sizeof message, MSG_TRUNC);
            if (got == static_cast<ssize_t>(sizeof message) && message.magic == magic) co_return message;
            if (got == 0 || (got < 0 && errno == ECONNRESET)) co_return broken("it ended");
            if (got > 0 || (errno != EAGAIN && errno != EINTR)) co_return broken("it sent what it should not");
            boost::system::error_code failed;
            co_await stream_.async_wait(asio::posix::descriptor_base::wait_read, asio::redirect_error(asio::use_awaitable_t<IoExecutor>{}, failed));
            if (failed) co_return broken(failed.message());
        }
    }

private:
    StreamDescriptor stream_;
};

bool send_job(int socket, int document, int result, std::string_view file_name, std::string_view declared_type) {
    wire::JobHead head;
    head.name_bytes = static_cast<std::uint16_t>(file_name.size());
    head.type_bytes = static_cast<std::uint16_t>(declared_type.size());
    iovec parts[] = {{&head, sizeof head}, {const_cast<char*>(file_name.data()), file_name.size()}, {const_cast<char*>(declared_type.data()), declared_type.size()}};
    const int descriptors[] = {document, result};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptors)] = {};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(rights), descriptors, sizeof descriptors);
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) > 0;
}

/// Everything up to the end of the stream; more than any result has is an error.
Task<std::string> read_all(StreamDescriptor& stream) {
    std::string out;
    while (true) {
        const auto before = out.size();
        out.resize_and_overwrite(before + kPieceBytes, [](char*, std::size_t size) { return size; });
        boost::system::error_code failed;
        const auto got = co_await stream.async_read_some(asio::buffer(out.data() + before, kPieceBytes), asio::redirect_error(asio::use_awaitable_t<IoExecutor>{}, failed));
        out.resize(before + got);
        if (failed == asio::error::eof) co_return out;
        if (failed) co_return broken(failed.message());
        if (out.size() > wire::kResultBytesMax) co_return broken("a result without end");
    }
}

Task<JobOutcome> converse(ExtractWorker& worker, StreamDescriptor& stream, int& landlock) {
    Control control(co_await asio::this_coro::executor, worker.control());
    if (!worker.greeted) {
        AGENTIC_CO_TRY(const auto hello, co_await control.receive<wire::WorkerHello>(wire::kHello));
        if (hello.version != wire::kVersion) co_return broken("it is of another version");
        landlock = hello.landlock;
        worker.greeted = true;
    }
    JobOutcome out;
    AGENTIC_CO_TRY(out.result, co_await read_all(stream));
    AGENTIC_CO_TRY(out.status, co_await control.receive<wire::JobStatus>(wire::kStatus));
    ++worker.documents;
    co_return out;
}

}  // namespace

Task<JobOutcome> run_job(ExtractWorker& worker, async::Descriptor document, std::string file_name, std::string declared_type, std::chrono::seconds limit, int& landlock) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) co_return broken("pipe2");
    async::Descriptor from(ends[0]);
    async::Descriptor to(ends[1]);
    ::fcntl(from.get(), F_SETFL, O_NONBLOCK);   // this end alone: the reader's blocks
    ::fcntl(from.get(), F_SETPIPE_SZ, kPipeBytes);
    if (!send_job(worker.control(), document.get(), to.get(), file_name, declared_type)) co_return broken("it took no job");
    ::close(to.release());   // so that the stream ends when the reader does
    ::close(document.release());
    auto home = co_await asio::this_coro::executor;
    StreamDescriptor stream(home, from.release());
    co_return co_await asio::co_spawn(home, converse(worker, stream, landlock), asio::cancel_after(limit + kGrace, asio::use_awaitable_t<IoExecutor>{}));
}

}  // namespace agentic::knowledge
