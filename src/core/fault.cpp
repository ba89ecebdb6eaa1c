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
    std::string bugs;

    Plan() {
        if (const char* bugs_text = std::getenv("AGENTIC_FAULT_BUGS")) bugs = "," + std::string(bugs_text) + ",";
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

bool planted(std::string_view bug) { return plan().bugs.contains("," + std::string(bug) + ","); }

}  // namespace agentic::fault
#endif
