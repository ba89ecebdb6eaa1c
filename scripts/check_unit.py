#!/usr/bin/env python3
"""deploy/agentic.service: systemd understands it, and its system-call filter allows what our sources call. Needs systemd-analyze, not a running systemd.

`check_unit.py` first shows that it catches a planted offence: a filter without scheduling calls, and one that drops capset.
"""
import functools
import pathlib
import re
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parent.parent
UNIT = REPO / "deploy/agentic.service"
# They name calls in order to forbid them, or to try whether they are forbidden.
NOT_CALLS = {"src/extract/sandbox/seccomp.cpp", "src/extract/probe.cpp"}
MUST_BE_FOUND = {"sched_setattr", "setpriority", "capset", "landlock_restrict_self", "prctl"}   # else this script reads the sources wrongly


@functools.cache
def members(group):
    """The calls of a group such as @system-service, those of the groups in it, too."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in listed.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    return frozenset().union(*(members(word) if word.startswith("@") else {word} for word in words))


def allowed_by(unit):
    """The calls that the SystemCallFilter lines leave, in systemd's way: the first line says whether it is a list of what is allowed."""
    allowed = None
    for value in re.findall(r"^SystemCallFilter=(.*)$", unit, re.M):
        removes = value.startswith("~")
        calls = set().union(*(members(word) if word.startswith("@") else {word} for word in value.removeprefix("~").split()))
        if allowed is None:
            allowed = set(members("@known")) if removes else set(members("@default"))
        allowed = allowed - calls if removes else allowed | calls
    return allowed


def called():
    """The system calls that our own code makes by name, with the file: `::name(` for a known call, and `SYS_name` given to syscall()."""
    found = {"execve": "starting agentic-extract", "seccomp": "src/extract/sandbox/seccomp.cpp"}
    for path in sorted((REPO / "src").rglob("*.cpp")):
        name = str(path.relative_to(REPO))
        if name in NOT_CALLS:
            continue
        text = path.read_text()
        for call in re.findall(r"(?<![\w>])::(\w+)\(", text) + re.findall(r"::syscall\(SYS_(\w+)", text):
            if call in members("@known") and call != "syscall":
                found.setdefault(call, name)
    return found


def refused(unit, calls):
    allowed = allowed_by(unit)
    return [f"{call} ({where})" for call, where in sorted(calls.items()) if call not in allowed]


def main():
    unit, calls = UNIT.read_text(), called()
    if missing := MUST_BE_FOUND - set(calls):
        sys.exit(f"the calls {', '.join(sorted(missing))} were not found in src: this check sees nothing")
    for planted in (unit.replace("~@privileged", "~@privileged @resources"), re.sub(r" capset$", "", unit, flags=re.M)):
        if planted == unit or not refused(planted, calls):
            sys.exit("a filter that forbids what the server calls was not caught")
    problems = [f"the system-call filter refuses {call}" for call in refused(unit, calls)]
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / UNIT.name
        copy.write_text(unit.replace("ExecStart=/usr/local/bin/agentic", "ExecStart=/bin/true"))   # the program need not be installed where this runs
        verified = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)
        problems += [line for line in verified.stderr.splitlines() if UNIT.name in line]
        if verified.returncode != 0 and not problems:
            problems.append(verified.stderr)
    print("\n".join(problems) or f"the unit is sound; {len(calls)} system calls of src are allowed")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
