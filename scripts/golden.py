#!/usr/bin/env python3
"""Generated files are what the program generates now. With AGENTIC_ACCEPT=1 they are rewritten instead of compared."""
import difflib
import os
import pathlib
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent
BINARY = os.environ.get("AGENTIC_BIN", str(REPO / "build/asan/agentic"))

# File -> the command whose standard output it is.
GENERATED = {
    "docs/openapi/v1.json": [BINARY, "openapi"],
    "docs/configuration.md": [BINARY, "config", "docs"],
}
# Programs that compare golden files of their own (provider requests) and rewrite them when accepting. They run once more then: what is still red is no golden file.
SUITES = ["tests/test_providers", "tests/test_api"]


def main():
    stale = []
    for name, command in GENERATED.items():
        fresh = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout
        path = REPO / name
        if os.environ.get("AGENTIC_ACCEPT") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(fresh)
        elif not path.exists() or path.read_text() != fresh:
            old = path.read_text().splitlines() if path.exists() else []
            print("\n".join(list(difflib.unified_diff(old, fresh.splitlines(), name, "generated", lineterm=""))[:60]))
            stale.append(name)
    if os.environ.get("AGENTIC_ACCEPT") == "1":
        comparing = {name: value for name, value in os.environ.items() if name != "AGENTIC_ACCEPT"}
        for suite in SUITES:
            command = [pathlib.Path(BINARY).parent / suite, "--gtest_brief=1"]
            subprocess.run(command, cwd=REPO, check=False, stdout=subprocess.DEVNULL)
            if subprocess.run(command, cwd=REPO, env=comparing).returncode != 0:
                sys.exit(f"{suite} fails on what was just accepted")
    if stale:
        sys.exit(f"stale: {', '.join(stale)}; ./dev accept rewrites them")


if __name__ == "__main__":
    main()
