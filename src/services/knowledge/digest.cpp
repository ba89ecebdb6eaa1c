#include "services/knowledge/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

#include "core/encoding.hpp"

namespace agentic::services {

std::string sha256_hex(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash;
    unsigned size = 0;
    if (::EVP_Digest(bytes.data(), bytes.size(), hash.data(), &size, ::EVP_sha256(), nullptr) != 1) throw std::runtime_error("SHA-256 failed");
    return hex_encode({reinterpret_cast<const char*>(hash.data()), size});
}

}  // namespace agentic::services
