#include "extract/command_line.hpp"

#include <charconv>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "extract/probe.hpp"
#include "extract/serve.hpp"

namespace agentic::extract {
namespace {

constexpr const char* kUsage =
    "agentic-extract reads one untrusted document and writes its text. The server starts it; by hand:\n"
    "  agentic-extract --once [--name FILE] [--type MIME] <document >result\n"
    "Limits: --cpu-s N, --wall-s N, --memory-mib N\n";

struct Options {
    std::string mode;
    std::string name;
    std::string type;
    sandbox::Limits limits;
};

bool number(std::string_view text, unsigned& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && out > 0;
}

bool set_option(Options& options, std::string_view key, std::string_view value) {
    if (key == "--name") options.name = value;
    else if (key == "--type") options.type = value;
    else if (key == "--cpu-s") return number(value, options.limits.cpu_s);
    else if (key == "--wall-s") return number(value, options.limits.wall_s);
    else if (key == "--memory-mib") return number(value, options.limits.memory_mib);
    else return false;
    return true;
}

std::optional<Options> parse(int argc, char** argv) {
    if (argc < 2 || argc % 2 != 0) return std::nullopt;
    Options options{.mode = argv[1]};
    for (int i = 2; i < argc; i += 2) {
        if (!set_option(options, argv[i], argv[i + 1])) return std::nullopt;
    }
    return options;
}

}  // namespace

int run_command_line(int argc, char** argv) try {
    const auto options = parse(argc, argv);
    if (options && options->mode == "--serve") return serve(options->limits);
    if (options && options->mode == "--once") return read_once(options->limits, options->name, options->type);
#ifdef AGENTIC_FAULTS
    if (options && options->mode == "--probe") return probe(options->limits, options->name, true);
    if (options && options->mode == "--probe-unlocked") return probe(options->limits, options->name, false);
#endif
    std::fputs(kUsage, stderr);
    return 2;
} catch (const std::exception& error) {
    std::fprintf(stderr, "agentic-extract: %s\n", error.what());
    return 1;
}

}  // namespace agentic::extract
