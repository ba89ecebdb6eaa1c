#include "extract/command_line.hpp"

int main(int argc, char** argv) { return agentic::extract::run_command_line(argc, argv); }
