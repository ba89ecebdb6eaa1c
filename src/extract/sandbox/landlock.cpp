#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "extract/sandbox/sandbox.hpp"

namespace agentic::extract::sandbox {
namespace {

/// The kernel's interface as of ABI 7; older headers know less of it, older kernels are told less.
struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;
    std::uint64_t scopes;
};

constexpr int kAbiKnown = 7;
/// Every right over files that an ABI knows: 13 of the first, then LINK across directories (2), TRUNCATE (3), IOCTL_DEV (5).
constexpr std::uint64_t kFiles[] = {0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF, 0xFFFF, 0xFFFF};
constexpr std::uint64_t kBindAndConnect = 3;          // from ABI 4
constexpr std::uint64_t kSocketsAndSignals = 3;       // from ABI 6
constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;

/// The size of the attributes that an ABI takes.
std::size_t size_of(int abi) { return abi >= 6 ? 24 : abi >= 4 ? 16 : 8; }

void allow_reading(int ruleset, const char* directory) {
    const int parent = ::open(directory, O_PATH | O_CLOEXEC | O_DIRECTORY);
    if (parent < 0) return;   // no tables, nothing to read
    landlock_path_beneath_attr rule{};
    rule.allowed_access = kReadFile;
    rule.parent_fd = parent;
    ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    ::close(parent);
}

}  // namespace

int restrict_files(const char* readable_dir) {
    const auto offered = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (offered <= 0) return 0;
    const int abi = static_cast<int>(std::min<long>(offered, kAbiKnown));
    const RulesetAttributes attributes{.files = kFiles[abi], .network = kBindAndConnect, .scopes = kSocketsAndSignals};
    const int ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size_of(abi), 0));
    if (ruleset < 0) return 0;
    allow_reading(ruleset, readable_dir);
    const bool in_force = ::syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    ::close(ruleset);
    return in_force ? abi : 0;
}

}  // namespace agentic::extract::sandbox
