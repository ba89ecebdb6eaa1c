#!/usr/bin/env python3
"""Runs the steps of ./check on the reference platform and adds up their tests. Called by ./check, which sets the platform up.

A step is a function that returns nothing and reports through `tally`: `tally.passed(n)`, `tally.failed(name, why)`. Steps that need
PostgreSQL get a private one (scripts/test_postgres.sh); tests of Redis start and kill their own (tests/support/redis.hpp, redis_server.py). Nothing uses a fixed port.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

REPO = pathlib.Path(__file__).resolve().parent.parent
CORES = os.cpu_count() or 2
CACHE = os.environ.get("AGENTIC_CACHE") or str(pathlib.Path.home() / ".cache/agentic")


class Tally:
    def __init__(self):
        self.count = 0
        self.failures = []
        self.lock = threading.Lock()

    def passed(self, n=1):
        with self.lock:
            self.count += n

    def failed(self, name, why=""):
        self.failures.append(name)
        print(f"FAILED {name}\n{why.rstrip()}\n", flush=True)


tally = Tally()


def say(text):
    print(f"==> {text}", flush=True)


def run(command, name=None, env=None, timeout=1800, show=False):
    """Runs a command; True when it exits 0. Its output is shown when it fails."""
    started = time.monotonic()
    try:
        done = subprocess.run(command, cwd=REPO, env={**os.environ, **(env or {})}, timeout=timeout, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, stdout=None if show else subprocess.PIPE, stderr=None if show else subprocess.STDOUT)
        output, code = done.stdout or "", done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = f"{late.stdout or ''}\nno end after {timeout} s", -1
    if name and code == 0:
        tally.passed()
        print(f"    {name}: ok ({time.monotonic() - started:.0f} s)", flush=True)
    elif name:
        tally.failed(name, "\n".join(output.splitlines()[-80:]))
    return code == 0, output


one_at_a_time = threading.Lock()   # builds and installations, which steps side by side may both ask for


def build(preset, *targets):
    """Configures and builds; a failed build ends the whole run, since nothing after it would mean anything."""
    with one_at_a_time:
        say(f"Building {preset} {' '.join(targets)}")
        started = time.monotonic()
        folder = REPO / "build" / preset
        commands = [] if (folder / "build.ninja").exists() else [["cmake", "--preset", preset]]
        commands.append(["cmake", "--build", str(folder), "--target", *(targets or ("all",))])
        for command in commands:
            process = subprocess.Popen(command, cwd=REPO, text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            lines, shown = [], time.monotonic()
            for line in process.stdout:
                lines.append(line)
                if line.startswith("[") and time.monotonic() - shown > 20:
                    shown = time.monotonic()
                    print(f"    {line.split(']')[0]}]", flush=True)
            if process.wait() != 0:
                errors = [l for l in lines if "error:" in l or "FAILED" in l]
                tally.failed(f"build {preset}", "".join(errors[:40]) + "".join(lines[-25:]))
                finish()
        print(f"    built in {time.monotonic() - started:.0f} s", flush=True)


SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=1",
    "LSAN_OPTIONS": f"suppressions={REPO}/tests/support/lsan.supp:print_suppressions=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"suppressions={REPO}/tests/support/tsan.supp:halt_on_error=1:second_deadlock_stack=1",
    "AGENTIC_TEST_POSTGRES_REQUIRED": "1",
}


def with_postgres(command):
    return ["scripts/test_postgres.sh", *command]


def gtest(binary, name, extra=(), env=None):
    """Runs one GoogleTest program and counts its cases; a skipped case counts as failed when nothing may be skipped."""
    report = pathlib.Path(tempfile.mkstemp(suffix=".json")[1])
    report.unlink()
    started = time.monotonic()
    ok, output = run(with_postgres([str(binary), "--gtest_brief=1", f"--gtest_output=json:{report}", *extra]), env={**SANITIZER_ENV, **(env or {})}, timeout=1200)
    cases = {"ok": 0, "skipped": 0, "failed": []}
    if report.exists():
        for suite in json.loads(report.read_text()).get("testsuites", []):
            for case in suite.get("testsuite", []):
                if case.get("failures"):
                    cases["failed"].append(f"{suite['name']}.{case['name']}")
                elif case.get("result") == "SKIPPED":
                    cases["skipped"] += 1
                elif case.get("status") == "RUN":
                    cases["ok"] += 1
        report.unlink()
    tally.passed(cases["ok"])
    print(f"    {name}: {cases['ok']} ok, {len(cases['failed'])} failed, {cases['skipped']} skipped ({time.monotonic() - started:.0f} s)", flush=True)
    for case in cases["failed"]:
        tally.failed(f"{name} {case}")
    if cases["skipped"]:
        tally.failed(f"{name}: {cases['skipped']} cases were skipped", output)
    elif not ok and not cases["failed"]:
        tally.failed(f"{name} (ended abnormally)", "\n".join(output.splitlines()[-80:]))
    elif not ok:
        print("\n".join(output.splitlines()[-120:]))


def compile_controls(preset):
    """What must not compile, and the control beside it that must (tests/CMakeLists.txt)."""
    _, output = run(["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", "--tests-regex", "^schema_"], timeout=300)
    summary = re.search(r"(\d+) tests failed out of (\d+)", output)
    failed, ran = (int(n) for n in summary.groups()) if summary else (0, 0)
    tally.passed(ran - failed)
    print(f"    {preset} compile controls: {ran} ran, {failed} failed", flush=True)
    if failed or not ran:
        tally.failed(f"{preset} compile controls", "\n".join(output.splitlines()[-80:]))


SHARDS = {"test_conformance": 4}


def unit_tests(preset):
    folder = REPO / "build" / preset / "tests"
    programs = sorted([*folder.glob("test_*"), folder / "fuzz/test_fuzz"])
    programs = [p for p in programs if p.is_file() and os.access(p, os.X_OK)]
    jobs = []
    for program in sorted(programs, key=lambda p: p.name not in SHARDS):   # the long ones first, in parts
        parts = SHARDS.get(program.name, 1)
        jobs += [(program, f"{preset} {program.name}" + (f" {part + 1}/{parts}" if parts > 1 else ""), {"GTEST_TOTAL_SHARDS": str(parts), "GTEST_SHARD_INDEX": str(part)}) for part in range(parts)]
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda job: gtest(job[0], job[1], env=job[2]), jobs))


def python_suite(path, name, env, python=sys.executable):
    """A unittest program: its own last lines say how many ran."""
    started = time.monotonic()
    ok, output = run(with_postgres([python, path]), env={**SANITIZER_ENV, **env}, timeout=1500)
    ran = re.search(r"^Ran (\d+) tests?", output, re.M)
    bad = re.search(r"^FAILED \((.*)\)", output, re.M)
    skipped = re.search(r"skipped=(\d+)", output)
    count = int(ran[1]) if ran else 0
    wrong = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", bad[1])) if bad else 0
    tally.passed(max(0, count - wrong - (int(skipped[1]) if skipped else 0)))
    print(f"    {name}: {count} ran, {wrong} failed ({time.monotonic() - started:.0f} s)", flush=True)
    if not ok or wrong or not count or skipped:
        tally.failed(name, "\n".join(output.splitlines()[-150:]))


# ---- the steps, in order -------------------------------------------------------------------------------------------------------------------------

def step_lint(_):
    run([sys.executable, "scripts/lint.py"], "lint")
    run([sys.executable, "scripts/check_unit.py"], "the systemd unit allows what the program calls")
    run(["tests/scripts/test_named_paths.sh"], "the private root gets the paths that settings name")
    run([sys.executable, "tests/scripts/test_embed_sql.py"], "blocks and parts of SQL become statements")


def step_unit(_):
    build("asan")
    unit_tests("asan")
    compile_controls("asan")
    python_suite("bench/retrieval_quality/test_metrics.py", "retrieval metrics", {})


def python_suites(folder, name, env, python=sys.executable, slow=(), without=()):
    """All of a folder, the slow ones first, so that no core waits at the end for one of them."""
    paths = sorted((p for p in (REPO / folder).glob("test_*.py") if p.stem not in without), key=lambda p: (p.stem not in slow, p.stem))
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda p: python_suite(str(p), f"{name} {p.stem}", env, python), paths))


def api_suites(preset):
    python_suites("tests/api", f"{preset} api", {"AGENTIC_BIN": str(REPO / "build" / preset / "agentic")}, slow=("test_bad_input", "test_agents"))


def step_api(_):
    build("asan", "agentic")
    api_suites("asan")


def step_extract(_):
    """Without sanitizers, which need more address space than the sandbox gives."""
    build("dev", "agentic-extract")
    ok, tools = run(["bash", "-c", ". scripts/tools.sh && python_tools extract tests/extract/requirements.txt"], env={"AGENTIC_CACHE": CACHE})
    if not ok:
        tally.failed("tools of the extraction suites", tools)
        return
    python_suites("tests/extract", "extract", {"AGENTIC_EXTRACT": str(REPO / "build/dev/agentic-extract")}, python=f"{tools.splitlines()[-1]}/python")


def step_golden(_):
    build("asan", *(["all"] if os.environ.get("AGENTIC_ACCEPT") == "1" else ["agentic"]))
    run([sys.executable, "scripts/golden.py"], "generated files are up to date", env=SANITIZER_ENV)


def install_embedding_models():
    """Once into the user's cache, as ./start does."""
    with one_at_a_time:
        for name in ("all-MiniLM-L6-v2", "cl100k_base"):
            if not os.path.exists(f"{CACHE}/models/{name}"):
                run(["build/asan/agentic", "models", "install", name, "--models-dir", f"{CACHE}/models"], f"models install {name}", timeout=600)


def step_contract(_):
    build("asan", "agentic", "agentic-extract")
    install_embedding_models()
    run(with_postgres(["scripts/contract.sh", "build/asan/agentic"]), "OpenAPI: linter and schemathesis", env=SANITIZER_ENV, timeout=1200)


def step_quickstart(_):
    build("asan", "agentic")
    build("asan", "agentic-extract")
    for example in ("examples/quickstart.sh", "examples/knowledge.sh"):
        run([example], example, env={**SANITIZER_ENV, "AGENTIC_BIN": str(REPO / "build/asan/agentic")}, timeout=300)


def step_crash(args):
    build("asan", "agentic")
    cycles = "200" if args.all else "20"
    run([sys.executable, "tests/crash/crash_loop.py", "--cycles", cycles, "--bin", "build/asan/agentic"], f"crash loop: {cycles} kills, nothing acknowledged is lost",
        env=SANITIZER_ENV, timeout=2400)
    run([sys.executable, "tests/crash/crash_loop.py", "--cycles", "20", "--control", "--bin", "build/asan/agentic"], "crash loop: acknowledging before the commit is caught",
        env=SANITIZER_ENV, timeout=600)
    build("asan", "agentic-extract")
    cycles = "200" if args.all else "5"
    run([sys.executable, "tests/crash/ingest_loop.py", "--cycles", cycles, "--bin", "build/asan/agentic"], f"ingestion: {cycles} kills, no document is lost, halved or doubled",
        env=SANITIZER_ENV, timeout=7200)
    run([sys.executable, "tests/crash/ingest_loop.py", "--control", "--bin", "build/asan/agentic"], "ingestion: a lost chunk is caught", env=SANITIZER_ENV, timeout=600)


def step_fuzz(args):
    build("clang", "fuzz_targets")
    edge = {"fuzz_http", "fuzz_json", "fuzz_multipart", "fuzz_jwt", "fuzz_sse", "fuzz_url"}   # what every client and every model's answer reaches
    targets = sorted(p for p in (REPO / "build/clang/tests/fuzz").glob("fuzz_*") if os.access(p, os.X_OK) and p.is_file())
    if args.fuzz_target:
        targets = [p for p in targets if args.fuzz_target in p.name]

    def fuzz(target):
        seconds = args.fuzz_seconds or ((600 if args.all else 60) if target.name in edge else (100 if args.all else 5))
        corpus = REPO / "tests/fuzz/corpus" / target.name.removeprefix("fuzz_")
        with tempfile.TemporaryDirectory() as found:
            run(["nice", "-n", "10", str(target), found, *([str(corpus)] if corpus.is_dir() else []), f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=0",
                 "-verbosity=0", f"-artifact_prefix={REPO}/build/"], f"{target.name} for {seconds} s", env=SANITIZER_ENV, timeout=seconds + 300)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(fuzz, targets))


def step_tsan(_):
    build("dev", "agentic-extract")
    build("tsan")
    unit_tests("tsan")


def step_clang(_):
    build("clang")
    unit_tests("clang")


def step_release(_):
    build("release", "agentic")
    api_suites("release")


def step_isolation(_):
    build("release", "agentic")
    suite = [sys.executable, "tests/isolation/search_isolation.py", "--bin", "build/release/agentic"]
    run(with_postgres([*suite, "--queries", "1000000"]), "1,000,000 searches of 10 tenants: nothing foreign", timeout=3600)
    run(with_postgres([*suite, "--queries", "2000", "--control"]), "search isolation: a planted canary is seen", timeout=600)


def step_headers(_):
    build("dev", "header_check")
    tally.passed()


def embeddings_environment():
    """Of the suites of tests/embeddings: the program they probe, and the real model and vocabulary, fetched once into the user's cache."""
    build("asan", "embeddings_probe", "agentic")
    install_embedding_models()
    return {"EMBEDDINGS_PROBE": str(REPO / "build/asan/tests/embeddings_probe"), "AGENTIC_CACHE": CACHE, "PYTHONPATH": str(REPO / "tests/embeddings")}


def step_embeddings(_):
    """Parity with the reference tokenizers and with numpy."""
    env = embeddings_environment()
    tools = subprocess.run(["bash", "-c", ". scripts/tools.sh && python_tools embeddings tests/embeddings/requirements.txt"], cwd=REPO, text=True, stdout=subprocess.PIPE,
                           env={**os.environ, "AGENTIC_CACHE": CACHE}).stdout.strip()
    if not tools:
        tally.failed("embeddings: the tools cannot be installed")
        return
    python_suites("tests/embeddings", "embeddings", env, python=f"{tools}/python", slow=("test_byte_pairs",), without=("test_transformers",))


def step_transformers(_):
    """What PyTorch exports and scores itself: gigabytes of packages, shared with `./dev bench embed`."""
    env = embeddings_environment()
    run([sys.executable, "-c", "import sys; sys.path.insert(0, 'bench'); import embed; embed.environment()"], "environment of the embedding peers", env={"AGENTIC_CACHE": CACHE}, timeout=1800)
    peers = f"{CACHE}/peers"
    run([f"{peers}/embeddings/bin/python", "bench/peers/embeddings/peer.py", f"{CACHE}/models/all-MiniLM-L6-v2", f"{peers}/embeddings-onnx", "ort-fp32"], "the real model as torch exports it")
    python_suite("tests/embeddings/test_transformers.py", "embeddings test_transformers", env)


STEPS = {"lint": step_lint, "unit": step_unit, "extract": step_extract, "embeddings": step_embeddings, "golden": step_golden, "api": step_api, "contract": step_contract,
         "quickstart": step_quickstart,
         "crash": step_crash, "fuzz": step_fuzz}
SIDE_BY_SIDE = (("extract", "embeddings"), ("contract", "quickstart", "crash"), ("fuzz",))   # each waits much; fuzzing, with its low priority, takes what they leave
LONG_STEPS = {"headers": step_headers, "clang": step_clang, "tsan": step_tsan, "release": step_release, "isolation": step_isolation, "transformers": step_transformers}


def lanes(chosen):
    """The steps as groups; a group is lanes that run side by side, and the steps of a lane follow each other."""
    beside = [lane for lane in ([name for name in lane if name in chosen] for lane in SIDE_BY_SIDE) if lane]
    alone = [[[name]] for name in chosen if not any(name in lane for lane in beside)]
    return [*alone, beside] if beside else alone


def finish():
    print(f"\n{tally.count} passed, {len(tally.failures)} failed")
    sys.stdout.flush()
    os._exit(1 if tally.failures or not tally.count else 0)


def main():
    parser = argparse.ArgumentParser(prog="./check")
    parser.add_argument("--all", action="store_true", help="add the Clang, thread-sanitizer and release legs and the long harness runs")
    parser.add_argument("--only", help="comma-separated steps")
    parser.add_argument("--list", action="store_true", help="name the steps")
    parser.add_argument("--fuzz-target", help=argparse.SUPPRESS)
    parser.add_argument("--fuzz-seconds", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    every = {**STEPS, **LONG_STEPS}
    if args.list:
        print("\n".join(every))
        return
    chosen = args.only.split(",") if args.only else list(every if args.all else STEPS)
    unknown = [name for name in chosen if name not in every]
    if unknown:
        parser.error(f"no step named {', '.join(unknown)}; there are {', '.join(every)}")
    took = {}

    def follow(lane):
        for name in lane:
            say(name)
            started = time.monotonic()
            every[name](args)
            took[name] = time.monotonic() - started

    for group in lanes(chosen):
        if len(group) > 1 and ["fuzz"] in group:
            build("clang", "fuzz_targets")   # alone: compiling would hold up the tests
        with ThreadPoolExecutor(len(group)) as pool:
            list(pool.map(follow, group))
    print("\nSeconds: " + ", ".join(f"{name} {seconds:.0f}" for name, seconds in took.items()))
    if tally.failures:
        print("\nFailed:\n" + "\n".join(f"  {name}" for name in tally.failures))
    finish()


if __name__ == "__main__":
    main()
