#include "app/cli/cli.hpp"

int main(int argc, char** argv) { return agentic::app::run_cli(argc, argv); }
