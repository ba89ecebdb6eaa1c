#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace agentic {

/// Fills `out` from the kernel's cryptographic generator (getrandom(2)), buffered per thread. Throws std::system_error if the kernel refuses.
void random_bytes(std::span<std::uint8_t> out);

/// `bytes` random bytes as unpadded base64url: the form of every secret token we hand out.
std::string random_token(std::size_t bytes);

}  // namespace agentic
