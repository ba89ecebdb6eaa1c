#!/usr/bin/env python3
"""The rules of the house that a compiler does not check: who may include whom, banned symbols, file sizes, words that do not belong here.

`lint.py --self-test` shows that each rule catches a planted offence; `lint.py` runs that first, then the tree.
"""
import pathlib
import re
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent

# Directory -> directories it may include from (docs/ARCHITECTURE.md says why). Its own is always allowed.
LAYERS = {
    "core": set(),
    "async": {"core"},
    "schema": {"core"},
    "http": {"schema", "async", "core"},
    "db": {"async", "core"},
    "schemas": {"schema", "core"},
    "providers": {"async", "schema", "core"},
    "embeddings": {"async", "schema", "core"},
    "telemetry": {"async", "core"},
    "knowledge": {"async", "core"},
    "extract": {"core"},
    "services": {"schema", "db", "providers", "embeddings", "knowledge", "schemas", "async", "core"},
    "api": {"services", "db", "schemas", "schema", "http", "async", "core", "providers"},
    "app": {"api", "services", "db", "schemas", "schema", "http", "async", "core", "providers", "embeddings", "telemetry", "knowledge"},
}
# Single headers a layer may use beyond its row, each with its reason.
EXTRA_INCLUDES = {
    ("providers", "http/outbound.hpp"): "the interface of the one guarded client",
    ("embeddings", "http/outbound.hpp"): "the interface of the one guarded client",
    ("telemetry", "http/outbound.hpp"): "the interface of the one guarded client",
    ("providers", "http/outbound_retry.hpp"): "when to call another server again",
    ("embeddings", "http/outbound_retry.hpp"): "when to call another server again",
    ("telemetry", "http/outbound_retry.hpp"): "when to call another server again",
    ("knowledge", "embeddings/embedder.hpp"): "chunks are counted in a model's own tokens",
    ("extract", "knowledge/document.hpp"): "what it produces",
    ("extract", "knowledge/extract_wire.hpp"): "the two ends of one protocol",
    ("extract", "knowledge/extraction_failure.hpp"): "the two ends of one protocol",
}

# Symbol -> (reason, files or directories where it is allowed, offences that the self-test plants: one for each alternative).
BANNED = {
    r"\bgetenv\b": ("configuration is read once, in app", ["src/app/", "src/core/fault.cpp"], ['std::getenv("A")']),
    r"\bsystem_clock::now\b": ("time comes from Clock", ["src/core/clock.cpp"], ["std::chrono::system_clock::now()"]),
    r"\bsteady_clock::now\b": ("time comes from Clock; the loop's own timers are fine",
                               ["src/core/clock.cpp", "src/async/", "src/http/", "src/db/", "src/providers/", "src/app/"], ["std::chrono::steady_clock::now()"]),
    r"\bstd::thread\b": ("threads belong to a pool", ["src/async/", "src/db/sqlite/"], ["std::thread t;"]),
    r"\bstd::regex\b": ("superlinear, and overflows the stack on long input", [], ["std::regex r;"]),
    r"\basio::detached\b": ("spawn into a TaskGroup", ["src/async/"], ["co_spawn(e, f(), asio::detached);"]),
    r"\bany_io_executor\b": ("concrete executors only", [], ["asio::any_io_executor e;"]),
    r"\bstd::rand\b|\bsrand\b|\bmt19937\b": ("secrets and ids need the kernel's generator", ["tests/", "bench/"], ["std::rand()", "srand(1)", "std::mt19937 g;"]),
    r"\bsystem\s*\(\s*\"|\bpopen\s*\(": ("no shells", ["tests/", "bench/"], ['std::system("ls")', "popen(command, mode)"]),
    r"#include <boost/(asio|beast|json)\.hpp>": ("umbrella headers cost seconds of compile time", ["src/async/boost_src.cpp"],
                                                 ["#include <boost/asio.hpp>", "#include <boost/beast.hpp>", "#include <boost/json.hpp>"]),
    r"#include <boost/redis/": ("type-erased, and slow to compile", ["src/embeddings/redis_link.cpp", "src/async/boost_redis_src.cpp"], ["#include <boost/redis/connection.hpp>"]),
    r"\bcurl_easy_init\b": ("one place opens outward connections", ["src/http/outbound"], ["curl_easy_init()"]),
    r"#include <sqlite3\.h>": ("only the SQLite driver", ["src/db/sqlite/", "src/app/", "tests/"], ["#include <sqlite3.h>"]),
    r"#include <libpq-fe\.h>": ("only the PostgreSQL driver", ["src/db/postgres/", "src/app/", "tests/"], ["#include <libpq-fe.h>"]),
    r"#include <yyjson\.h>": ("only the schema engine", ["src/schema/"], ["#include <yyjson.h>"]),
}
SQL_IN_CPP = re.compile(r'"\s*(SELECT\b.{0,200}\bFROM\b|INSERT\s+INTO\b|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\b)', re.S)
FOREIGN_WORDS = re.compile(r"(?<![\w.])/(work|root|farm)/|registry\.npmjs|pypi\.org|deb\.debian\.org|files\.pythonhosted", re.I)
TODO = re.compile(r"\b(TODO|FIXME|XXX)\b(?!.*#\d+)")
MAX_LINES = 500


def layer_of(path):
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_source(path, text):
    layer = layer_of(path)
    if layer and layer not in LAYERS:
        yield f"{path}: the directory {layer} has no row in LAYERS"
    if path.endswith(".hpp") and not text.lstrip().startswith("#pragma once"):
        yield f"{path}: a header starts with #pragma once"
    for number, line in enumerate(text.splitlines(), 1):
        at = f"{path}:{number}"
        included = re.match(r'\s*#include "([^"]+)"', line)
        if included and layer in LAYERS:
            target = included[1].split("/")[0]
            if target in LAYERS and target != layer and target not in LAYERS[layer] and (layer, included[1]) not in EXTRA_INCLUDES:
                yield f"{at}: {layer} must not include {target} ({included[1]})"
            if {"src/db/postgres/", "src/db/sqlite/"} >= {path[: path.rfind("/") + 1]} and re.match(r"db/(postgres|sqlite)/", included[1]):
                if included[1].split("/")[1] != path.split("/")[2]:
                    yield f"{at}: the two drivers do not know each other"
        code = line.split("//")[0] if not line.lstrip().startswith("//") else ""
        for pattern, (reason, allowed, _) in BANNED.items():
            if re.search(pattern, code) and path.startswith("src/") and not any(path.startswith(place) for place in allowed):
                yield f"{at}: {re.search(pattern, code)[0]}: {reason}"
        if TODO.search(line):
            yield f"{at}: a TODO needs an issue number"
    if path.startswith("src/") and not path.startswith("src/db/"):
        for match in SQL_IN_CPP.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: SQL stands in db/sql/*.sql"
    first = text.split("\n", 1)[0]
    if text.count("\n") > MAX_LINES and path.startswith("src/") and "lines:" not in first:
        yield f"{path}: {text.count(chr(10))} lines: split it, or say why on line 1 (\"// lines: ...\")"


def check_any(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        found = FOREIGN_WORDS.search(line)
        if found and path != "scripts/lint.py":
            yield f"{path}:{number}: {found[0]} does not belong in the tree"


def check_architecture(text):
    """The table of directories in docs/ARCHITECTURE.md says what LAYERS says; words that are no layer ("the outbound interface") are for the reader."""
    rows = {name: {word.strip() for word in may.split(",")} & set(LAYERS) for name, may in re.findall(r"^\| `(\w+)` \|.*\| ([^|]*) \|$", text, re.M)}
    for layer, may in LAYERS.items():
        if layer not in rows or (rows[layer] != may and layer != "app"):   # app: all but one, in words
            yield f"docs/ARCHITECTURE.md: the row of {layer} differs from LAYERS in scripts/lint.py"


def tracked():
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-co", "--exclude-standard"], cwd=REPO, capture_output=True, text=True, check=True).stdout
    return [p for p in listed.splitlines() if (REPO / p).is_file()]


def self_test():
    offences = {
        "src/new/a.cpp": "int x;\n",
        "src/core/a.cpp": '#include "http/message.hpp"\n',
        "src/db/sqlite/a.cpp": '#include "db/postgres/pool.hpp"\n',
        "src/api/a.cpp": 'auto s = "SELECT id FROM agents";\n',
        "src/core/a.hpp": "int x;\n",
        "src/core/b.cpp": "// TODO later\n",
        "src/core/c.cpp": "\n" * (MAX_LINES + 1),
    }
    missed = [path for path, text in offences.items() if not list(check_source(path, text))]
    for _, _, planted in BANNED.values():
        missed += [offence for offence in planted if not list(check_source("src/schemas/a.cpp", offence + "\n"))]
        if not planted:
            missed.append("a banned symbol without a planted offence")
    if not list(check_any("docs/a.md", "see /" + "work/main\n")):
        missed.append("foreign words")
    table = (REPO / "docs/ARCHITECTURE.md").read_text()
    if not list(check_architecture(table.replace("| async, core |", "| async, core, api |"))):
        missed.append("a wrong row of the architecture")
    if missed:
        sys.exit(f"lint: the self-test was not caught in {', '.join(missed)}")


def main():
    self_test()
    if "--self-test" in sys.argv:
        return
    problems = list(check_architecture((REPO / "docs/ARCHITECTURE.md").read_text()))
    for path in tracked():
        try:
            text = (REPO / path).read_text()
        except UnicodeDecodeError:
            continue
        problems += check_any(path, text)
        if path.endswith((".cpp", ".hpp")):
            problems += check_source(path, text)
    print("\n".join(problems) or "lint: clean")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
