#pragma once
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// A fuzz target is one file `<name>_fuzz.cpp` that registers one function: `const Target kTarget("http", [](std::string_view input) {...});`
// With AGENTIC_FUZZ (Clang) it becomes the libFuzzer program fuzz_<name>; in every preset test_fuzz replays tests/fuzz/corpus/<name>.
namespace agentic::fuzz {

struct Target {
    Target(std::string_view target_name, void (*function)(std::string_view)) : name(target_name), run(function) { all().push_back(*this); }

    static std::vector<Target>& all() {
        static std::vector<Target> targets;
        return targets;
    }

    std::string_view name;
    void (*run)(std::string_view input);
};

/// Ends the process with a message when a property does not hold: both runners count that as a crash.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "property violated: %s\n", property);
    std::abort();
}

}  // namespace agentic::fuzz
