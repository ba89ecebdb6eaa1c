#include "core/fault.hpp"

#ifdef AGENTIC_FAULTS
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace agentic::fault {
namespace {

struct Plan {
    std::string point;
    std::atomic<int> left{1};

    Plan() {
        const char* text = std::getenv("AGENTIC_FAULT_POINT");
        if (text == nullptr) return;
        const std::string_view plan = text;
        const auto colon = plan.find(':');
        point = plan.substr(0, colon);
        int count = 1;
        if (colon != std::string_view::npos) std::from_chars(plan.data() + colon + 1, plan.data() + plan.size(), count);
        left = count;
    }
};

Plan& plan() {
    static Plan instance;
    return instance;
}

}  // namespace

void point(std::string_view name) {
    if (plan().point == name && --plan().left == 0) kill(getpid(), SIGKILL);
}

bool planted(std::string_view bug) {
    std::string name = "AGENTIC_FAULT_";
    for (const char c : bug) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return std::getenv(name.c_str()) != nullptr;
}

}  // namespace agentic::fault
#endif
