#pragma once
// Golden files: what we send and what we make of what we get, as committed text. AGENTIC_ACCEPT=1 rewrites them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace agentic::test {

inline std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// Compares `actual` with tests/golden/<name>; tests run in the root of the repository.
inline void expect_golden(const std::string& name, const std::string& actual) {
    const std::string path = "tests/golden/" + name;
    if (std::getenv("AGENTIC_ACCEPT") != nullptr) std::ofstream(path, std::ios::binary) << actual << "\n";
    EXPECT_EQ(read_file(path), actual + "\n") << "differs from " << path << " (AGENTIC_ACCEPT=1 rewrites it)";
}

}  // namespace agentic::test
