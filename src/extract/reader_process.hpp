#pragma once
#include <string>

#include "extract/sandbox/sandbox.hpp"
#include "knowledge/extract_wire.hpp"

namespace agentic::extract {

/// One document to read: both descriptors are the job's own.
struct Job {
    int document = -1;   // open for reading; a file, or a pipe
    int result = -1;     // where ResultHead and what follows goes
    std::string file_name;
    std::string declared_type;
};

/// The data that poppler may read after the process has locked itself in: the character maps of East Asian fonts.
inline constexpr const char* kFontTables = "/usr/share/poppler";

/// How the whole program is locked in; readers put their own filter and limits on top.
struct Cell {
    sandbox::Limits limits;
    bool files = false;   // Landlock is in force, so opening for reading can be allowed
};

/// Forks a process that locks itself in, reads the document, writes the result and ends. Returns its id, or -1 when there could be none.
int start_reader(const Job& job, const Cell& cell);

/// Waits for the end of a reader and says how it ended. Ends this process, and the reader with it, when `control` is a socket whose peer has gone.
knowledge::wire::JobStatus wait_for_reader(int reader, int control);

}  // namespace agentic::extract
