#pragma once
#include <cstddef>
#include <cstdint>

// What the server and `agentic-extract --serve` say to each other. Both are of one build on one machine: numbers are little-endian and fixed in width, and a
// difference in version ends the worker. docs/extraction.md draws it.
//
// Over one SOCK_SEQPACKET pair (the worker's descriptor 3), a datagram each:
//     worker -> server   WorkerHello, once, when it has locked itself in
//     server -> worker   JobHead, then the name's and the type's bytes; with two descriptors: the document, opened for reading, and where the result goes
//     worker -> server   JobStatus, when the process that read the document has ended
// The result is written by that process alone: ResultHead, four strings, blocks, text. Its bytes are the document's, so to say: they are checked, all of them.
namespace agentic::knowledge::wire {

inline constexpr std::uint32_t kHello = 0x48584741;    // "AGXH"
inline constexpr std::uint32_t kJob = 0x4A584741;      // "AGXJ"
inline constexpr std::uint32_t kStatus = 0x53584741;   // "AGXS"
inline constexpr std::uint32_t kResult = 0x52584741;   // "AGXR"
inline constexpr std::uint8_t kVersion = 1;

inline constexpr int kControlDescriptor = 3;
inline constexpr std::size_t kNameBytesMax = 1024;     // of the file name and of the declared type
inline constexpr std::size_t kStringBytesMax = 1000;   // of each of the result's strings
inline constexpr std::size_t kTextBytesMax = std::size_t{100} << 20;
inline constexpr std::size_t kBlocksMax = 2'000'000;

struct WorkerHello {
    std::uint32_t magic = kHello;
    std::uint8_t version = kVersion;
    std::uint8_t landlock = 0;   // the kernel's Landlock ABI that is in force; 0 when it has none
    std::uint8_t reserved[2] = {};
};

struct JobHead {
    std::uint32_t magic = kJob;
    std::uint16_t name_bytes = 0;
    std::uint16_t type_bytes = 0;
};

struct JobStatus {
    std::uint32_t magic = kStatus;
    std::uint8_t outcome = 0;    // 0: the result is whole; otherwise 1 + ExtractionFailure
    std::uint8_t signal = 0;     // that ended the process, 0 when none did
    std::uint8_t reserved[2] = {};
    std::uint64_t cpu_us = 0;    // user and system time
    std::uint64_t rss_kib = 0;   // at its largest
};

struct ResultHead {
    std::uint32_t magic = kResult;
    std::uint32_t page_count = 0;
    std::uint32_t block_count = 0;
    std::uint32_t text_bytes = 0;
    std::uint16_t string_bytes[4] = {};   // media type, title, author, language
};

struct ResultBlock {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t page = 0;
    std::uint8_t kind = 0;
    std::uint8_t level = 0;
    std::uint8_t reserved[2] = {};
};

inline constexpr std::size_t kResultBytesMax = sizeof(ResultHead) + 4 * kStringBytesMax + kBlocksMax * sizeof(ResultBlock) + kTextBytesMax;

}  // namespace agentic::knowledge::wire
