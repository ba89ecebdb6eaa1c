#include "core/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

#include "core/encoding.hpp"

namespace agentic {
namespace {

void fill_from_kernel(std::span<std::uint8_t> out) {
    while (!out.empty()) {
        const auto n = ::getrandom(out.data(), out.size(), 0);
        if (n < 0) {
            if (errno == EINTR) continue;
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        out = out.subspan(static_cast<std::size_t>(n));
    }
}

}  // namespace

void random_bytes(std::span<std::uint8_t> out) {
    thread_local std::array<std::uint8_t, 256> buffer;
    thread_local std::size_t used = buffer.size();
    if (out.size() > buffer.size() / 2) return fill_from_kernel(out);
    if (buffer.size() - used < out.size()) {
        fill_from_kernel(buffer);
        used = 0;
    }
    std::memcpy(out.data(), buffer.data() + used, out.size());
    std::memset(buffer.data() + used, 0, out.size());  // a byte is handed out once and not kept
    used += out.size();
}

std::string random_token(std::size_t bytes) {
    std::vector<std::uint8_t> raw(bytes);
    random_bytes(raw);
    return base64url_encode({reinterpret_cast<const char*>(raw.data()), raw.size()});
}

}  // namespace agentic
