#pragma once
#include <cstdint>
#include <string>

// How `agentic-extract` locks itself in (docs/extraction.md says what each layer is for). Everything here is one-way.
namespace agentic::extract::sandbox {

/// Built with a sanitizer: its shadow takes terabytes of address space, and it asks the kernel through a pipe whether memory is mapped.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

struct Limits {
    unsigned cpu_s = 25;          // processor time of one document
    unsigned wall_s = 30;         // and its time on the clock
    unsigned memory_mib = 512;    // address space
};

/// The filter of a process that serves jobs: it forks the processes that read documents, and waits for them.
/// The filter of a process that reads one: no new process, nothing but memory, its descriptors and the read-only tables of fonts.
enum class Role : std::uint8_t { server, reader };

/// No new privileges, no capabilities, no core files, not readable by others. Throws std::runtime_error.
void give_up_privileges();

/// Landlock: no file but those below `readable_dir`, no TCP port, no signal to outside. Returns the ABI that is in force, 0 where the kernel has none.
int restrict_files(const char* readable_dir);

/// Seccomp. `files` allows opening for reading, which is safe only under Landlock. Throws std::runtime_error: without it nothing is read.
void filter_calls(Role role, bool files);

/// Processor time, address space, file size; death together with the parent; an alarm for the time on the clock. For a reader.
void limit_resources(const Limits& limits, int parent);

/// Closes every descriptor from `first` on.
void close_descriptors_from(int first);

}  // namespace agentic::extract::sandbox
