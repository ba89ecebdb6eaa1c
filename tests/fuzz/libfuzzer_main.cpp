#include <cstddef>
#include <cstdint>

#include "fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    agentic::fuzz::Target::all().front().run({reinterpret_cast<const char*>(data), size});
    return 0;
}
