#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "telemetry/metrics.hpp"

namespace agentic::telemetry {
namespace {

/// The fields of /proc/self/stat from the third on: the second, the program's name, may hold anything (proc_pid_stat(5)).
std::vector<std::string> stat_fields() {
    std::ifstream file("/proc/self/stat");
    std::string line;
    std::getline(file, line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return {};
    std::istringstream rest(line.substr(name_end + 1));
    return {std::istream_iterator<std::string>(rest), {}};
}

/// Field `number` as proc_pid_stat(5) counts them; 0 when there is none.
double stat_field(std::size_t number) {
    const auto fields = stat_fields();
    return number - 3 < fields.size() ? std::strtod(fields[number - 3].c_str(), nullptr) : 0;
}

double cpu_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Seconds since 1970: the machine's start and, from there, the process's.
double start_time() {
    timespec now{}, since_boot{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    const auto boot = static_cast<double>(now.tv_sec - since_boot.tv_sec) + static_cast<double>(now.tv_nsec - since_boot.tv_nsec) / 1e9;
    return boot + stat_field(22) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double open_files() {
    std::error_code error;
    const std::filesystem::directory_iterator files("/proc/self/fd", error);
    return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

double open_files_max() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

void watch_process(Metrics& metrics) {
    using enum Metrics::Kind;
    metrics.watch("process_cpu_seconds_total", "User and system time of this process", counter, cpu_seconds);
    metrics.watch("process_resident_memory_bytes", "Memory that is in use", gauge, [] { return stat_field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE)); });
    metrics.watch("process_virtual_memory_bytes", "Addresses that are taken", gauge, [] { return stat_field(23); });
    metrics.watch("process_open_fds", "Open files and sockets", gauge, open_files);
    metrics.watch("process_max_fds", "How many of them there may be", gauge, open_files_max);
    metrics.watch("process_start_time_seconds", "When this process started, in seconds since 1970", gauge, [since = start_time()] { return since; });
}

}  // namespace agentic::telemetry
