#include <cstdio>
#include <cstdlib>

#include "extract/command_line.hpp"

int main(int argc, char** argv) {
    const int code = agentic::extract::run_command_line(argc, argv);
    std::fflush(nullptr);
    std::_Exit(code);   // what runs at exit was not written to run in a locked process
}
