#!/usr/bin/env python3
"""./dev bench NAME: the product against a named peer or a limit, in one run on the same cores. Prints a table in the form of bench/RESULTS.md.

Ratios are medians over interleaved rounds (A, B, C, A, B, C, ...), with the smallest and largest beside them; CPU time per request is read from the
processes themselves, since wall-clock on a shared machine says little.
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

REPO = pathlib.Path(__file__).resolve().parent.parent
RELEASE = REPO / "build/release"
CACHE = pathlib.Path(os.environ.get("AGENTIC_CACHE", pathlib.Path.home() / ".cache/agentic"))
PASSWORD = "correct horse battery staple"
TENANTS, AGENTS = 100, 50


def run(command, **options):
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout


def build(targets):
    run(["cmake", "--preset", "release"], cwd=REPO)   # also when it was configured before: the peers' libraries may have been installed since
    subprocess.run(["cmake", "--build", str(RELEASE), "--target", *targets], check=True, stdout=subprocess.DEVNULL)


def cpu_seconds(pids):
    """User and system time of the processes, in seconds."""
    ticks = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rss_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def pss_mib(pid):
    return int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1]) / 1024


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Server:
    """One `agentic serve` on a free port with its own data directory."""

    def __init__(self, work, name, **environment):
        self.folder = pathlib.Path(work) / name
        self.folder.mkdir()
        self.environment = {**os.environ, "LOG_LEVEL": "warning", **environment}
        self.start()

    def start(self):
        port_file = self.folder / "port"
        port_file.unlink(missing_ok=True)
        self.started = time.monotonic()
        self.process = subprocess.Popen([RELEASE / "agentic", "serve", "--port", "0", "--port-file", port_file, "--data-dir", self.folder / "data", "--migrate"],
                                        env=self.environment, stderr=open(self.folder / "log", "ab"))
        while not (port_file.exists() and port_file.read_text().strip()):
            if self.process.poll() is not None:
                sys.exit((self.folder / "log").read_text())
            time.sleep(0.001)
        self.port = int(port_file.read_text())
        while self.call("GET", "/health/ready", token=None)[0] != 200:
            time.sleep(0.001)
        self.ready_s = time.monotonic() - self.started
        self.pid = self.process.pid

    def call(self, method, path, body=None, token=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            data = answer.read()
            return answer.status, json.loads(data) if data else None
        except ConnectionError:
            return 0, None
        finally:
            connection.close()

    def register(self, n):
        status, answer = self.call("POST", "/v1/auth/register", {"tenant_name": f"Tenant {n}", "tenant_slug": f"tenant-{n}", "email": f"user{n}@example.com", "password": PASSWORD})
        assert status == 201, answer
        return answer["access_token"]

    def agent(self, token, n, **more):
        status, answer = self.call("POST", "/v1/agents", {
            "name": f"Agent {n}", "slug": f"agent-{n}", "description": "Answers questions about orders, invoices and deliveries.", "model_provider": "anthropic",
            "model_name": "claude-sonnet-5-5", "system_prompt": "You are a helpful assistant. Answer briefly and say when you do not know.", "temperature": 0.7, "max_tokens": 4096,
            "capabilities": ["chat", "retrieval"], "tags": ["support", "orders"], "config": {"locale": "en"}, "extra_metadata": {"team": "support"}, **more}, token)
        assert status == 201, answer
        return answer["id"]

    def seed(self):
        """100 tenants x 50 agents, through the API; returns one access token."""
        token = None
        for t in range(TENANTS):
            token = self.register(t)
            for a in range(AGENTS):
                self.agent(token, a)
        return token

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Postgres:
    """A private PostgreSQL 17 on a Unix socket."""

    def __init__(self, work):
        self.folder = pathlib.Path(work) / "postgres"
        self.folder.mkdir()
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.as_user:
            pathlib.Path(work).chmod(0o755)
            shutil.chown(self.folder, "postgres")
        self.bin = "/usr/lib/postgresql/17/bin/"
        run([*self.as_user, self.bin + "initdb", "-D", self.folder / "data", "-A", "trust"], cwd="/")
        run([*self.as_user, self.bin + "pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o",
             f"-c listen_addresses='' -k {self.folder} -c shared_buffers=256MB -c max_connections=100", "start"], cwd="/")

    def url(self, database, driver="postgresql"):
        run([self.bin + "createdb", "-h", self.folder, "-U", "postgres", database])
        return f"{driver}://postgres@/{database}?host={self.folder}"

    def analyze(self, database):
        run([self.bin + "vacuumdb", "-h", self.folder, "-U", "postgres", "--analyze", database])

    def pids(self):
        return [int(p) for p in run(["pgrep", "-f", f"{self.folder}/data|^postgres: "]).split() if pathlib.Path(f"/proc/{p}").exists()]

    def stop(self):
        run([*self.as_user, self.bin + "pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop"], cwd="/")


class Peer:
    """The specification's own stack with two workers (bench/peers/specification_stack)."""

    def __init__(self, url):
        source = REPO / "bench/peers/specification_stack"
        venv = CACHE / "peers/specification_stack"
        if not (venv / "bin/uvicorn").exists():
            run([sys.executable, "-m", "venv", venv])
            run([venv / "bin/pip", "install", "--quiet", "-r", source / "requirements.txt"])
        environment = {**os.environ, "DATABASE_URL": url, "JWT_SECRET": "benchmark-" * 4}
        self.token = run([venv / "bin/python", "seed.py"], cwd=source, env=environment).split()[0]
        self.port = free_port()
        self.process = subprocess.Popen([venv / "bin/uvicorn", "app:app", "--port", str(self.port), "--workers", "2", "--no-access-log", "--log-level", "warning"], cwd=source,
                                        env=environment, start_new_session=True)
        until = time.monotonic() + 20
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                sys.exit("the peer did not come up")
            time.sleep(0.1)

    def answers(self):
        try:
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=1).request("GET", "/")
            return True
        except OSError:
            return False

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wrk(port, token, path, seconds=6, clients=32):
    output = run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}", "--latency", "-H", f"Authorization: Bearer {token}", f"http://127.0.0.1:{port}{path}"])
    if "Non-2xx" in output:
        sys.exit(output)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def bench_http(args):
    """GET /v1/agents?limit=20 with authentication: ours on SQLite and PostgreSQL against the specification's stack with two workers."""
    path = "/v1/agents?limit=20"
    with tempfile.TemporaryDirectory() as work:
        postgres = Postgres(work)
        peer = Peer(postgres.url("peer", "postgresql+asyncpg"))
        ours = {"SQLite": Server(work, "sqlite"), "PostgreSQL": Server(work, "postgresql", DATABASE_URL=postgres.url("ours"))}
        tokens = {name: server.seed() for name, server in ours.items()}
        postgres.analyze("ours")
        rounds = {"peer": [], **{name: [] for name in ours}}
        cpu = {}
        for _ in range(args.rounds):
            rounds["peer"].append(wrk(peer.port, peer.token, path))
            for name, server in ours.items():
                before = cpu_seconds([server.pid])
                rounds[name].append(wrk(server.port, tokens[name], path))
                cpu[name] = (cpu_seconds([server.pid]) - before) / (rounds[name][-1] * 6)
        print("| server | requests/s, median (min-max) | ratio to the peer | own CPU per request |\n| --- | --- | --- | --- |")
        print(f"| specification's stack, 2 workers | {spread(rounds['peer'])} | 1 | |")
        for name in ours:
            ratios = [a / b for a, b in zip(rounds[name], rounds["peer"])]
            print(f"| ours, {name} | {spread(rounds[name])} | {statistics.median(ratios):.1f}x ({min(ratios):.1f}-{max(ratios):.1f}) | {cpu[name] * 1e6:.0f} us |")
        for name, server in ours.items():
            rate = int(statistics.median(rounds[name]) / 2)
            loaded = json.loads(run([RELEASE / "bench/loadgen", "turns", "--port", str(server.port), "--path", path, "--token", tokens[name], "--clients", "32", "--rate",
                                     str(rate), "--seconds", "8"]))
            print(f"\n{name} at half load ({rate:,}/s, open loop): p50 {loaded['latency']['p50_us'] / 1000:.2f} ms, p99 {loaded['latency']['p99_us'] / 1000:.2f} ms, "
                  f"{loaded['errors']} errors")
        for server in ours.values():
            server.stop()
        peer.stop()
        postgres.stop()


class ScriptedModel:
    """bench/scripted_llm: the Anthropic and OpenAI protocols, with no delay or a fixed pace."""

    def __init__(self, work, *flags):
        port_file = pathlib.Path(work) / f"model-{time.monotonic_ns()}.port"
        self.process = subprocess.Popen([RELEASE / "bench/scripted_llm", "--port-file", port_file, *flags])
        while not (port_file.exists() and port_file.read_text().strip()):
            time.sleep(0.005)
        self.port = int(port_file.read_text())

    def stop(self):
        self.process.kill()
        self.process.wait()


def model_environment(model):
    return {"ANTHROPIC_API_KEY": "sk-ant-bench", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{model.port}", "OUTBOUND_ALLOW": "127.0.0.1/32"}


def bench_execute(args):
    """One agent turn against a scripted model: own overhead, first-token overhead, 1,000 concurrent streams at 20 ms pacing."""
    loadgen = str(RELEASE / "bench/loadgen")
    direct_body = json.dumps({"model": "claude-sonnet-5-5", "max_tokens": 64, "stream": True, "messages": [{"role": "user", "content": "Hello"}]})
    with tempfile.TemporaryDirectory() as work:
        model = ScriptedModel(work, "--tokens", "20", "--delay-ms", "0")
        server = Server(work, "turns", **model_environment(model))
        token = server.register(0)
        agent = server.agent(token, 0, memory_enabled=False)
        turn = ["turns", "--port", str(server.port), "--path", f"/v1/agents/{agent}/execute", "--token", token, "--body", '{"input": "Hello"}']
        print("| 16 clients | turns/s | p50 | p99 | own CPU per turn |\n| --- | --- | --- | --- | --- |")
        for label, flags in (("closed loop", []), ("open loop, 500/s", ["--rate", "500"]), ("open loop, 1,000/s", ["--rate", "1000"])):
            before = cpu_seconds([server.pid])
            got = json.loads(run([loadgen, *turn, "--clients", "16", "--seconds", "10", *flags]))
            cpu = (cpu_seconds([server.pid]) - before) / got["latency"]["n"]
            print(f"| {label} | {got['per_second']:,.0f} | {got['latency']['p50_us']:.0f} us | {got['latency']['p99_us']:.0f} us | {cpu * 1e6:.0f} us |")
        single = json.loads(run([loadgen, *turn, "--clients", "1", "--seconds", "5"]))
        print(f"\none client: p50 {single['latency']['p50_us']:.0f} us, p99 {single['latency']['p99_us']:.0f} us")
        stream = ["streams", "--port", str(server.port), "--path", f"/v1/agents/{agent}/execute", "--token", token, "--body", '{"input": "Hello", "stream": true}']
        first = json.loads(run([loadgen, *stream, "--clients", "500", "--ramp-ms", "5000"]))
        print(f"first token, one stream every 10 ms: p50 {first['first_token']['p50_us']:.0f} us, p99 {first['first_token']['p99_us']:.0f} us "
              f"(the user's message is durable before the model is called)")
        server.stop()
        model.stop()
        model = ScriptedModel(work, "--tokens", "200", "--delay-ms", "20", "--timestamps")
        server = Server(work, "streams", **model_environment(model))
        token = server.register(0)
        agent = server.agent(token, 0, memory_enabled=False)
        stream = ["streams", "--port", str(server.port), "--path", f"/v1/agents/{agent}/execute", "--token", token, "--body", '{"input": "Hello", "stream": true}']
        got = json.loads(run([loadgen, *stream, "--clients", "1000", "--ramp-ms", "3000"]))
        print(f"1,000 streams at 20 ms: {got['completed']} completed, {got['frames']:,} frames, {got['gaps']} gaps, {got['errors']} errors, "
              f"lateness p50 {got['lateness']['p50_us'] / 1000:.1f} ms, p99 {got['lateness']['p99_us'] / 1000:.1f} ms")
        server.stop()
        model.stop()


def bench_footprint(args):
    """Time to ready, idle memory, memory over a million requests, bytes on disk."""
    with tempfile.TemporaryDirectory() as work:
        server = Server(work, "footprint")
        first = server.ready_s
        token = server.register(0)
        for a in range(20):
            server.agent(token, a)
        times = []
        for _ in range(args.rounds):
            server.stop()
            server.start()
            times.append(server.ready_s * 1000)
        idle, idle_pss = rss_mib(server.pid), pss_mib(server.pid)
        rows = [("first start with migrations, to ready", f"{first * 1000:.0f} ms"), ("start to ready, median (min-max)", f"{spread(times)} ms"), ("idle RSS / PSS", f"{idle:.1f} / {idle_pss:.1f} MiB"),
                ("executable", f"{(RELEASE / 'agentic').stat().st_size / 2**20:.1f} MiB")]
        wrk(server.port, token, "/v1/agents?limit=20", seconds=5)
        warm, done = rss_mib(server.pid), 0
        while done < args.requests:
            done += int(wrk(server.port, token, "/v1/agents?limit=20", seconds=10) * 10)
        rows.append((f"RSS after warm-up, then after {done:,} requests", f"{warm:.1f}, {rss_mib(server.pid):.1f} MiB"))
        server.stop()
        print("| what | figure |\n| --- | --- |\n" + "\n".join(f"| {a} | {b} |" for a, b in rows))


def bench_metrics(args):
    """What METRICS_PORT costs: lists and turns of an agent with it and without, in turn, and a scrape."""
    rows = {False: {"list/s": [], "turn CPU us": []}, True: {"list/s": [], "turn CPU us": [], "scrape ms": []}}
    for _ in range(args.rounds):
        for measured, row in rows.items():
            with tempfile.TemporaryDirectory() as work:
                model = ScriptedModel(work, "--tokens", "20", "--delay-ms", "0")
                port = free_port()
                server = Server(work, "metrics", **model_environment(model), **({"METRICS_PORT": str(port)} if measured else {}))
                token = server.register(0)
                agent = server.agent(token, 0, memory_enabled=False)
                before = cpu_seconds([server.pid])
                got = json.loads(run([RELEASE / "bench/loadgen", "turns", "--port", str(server.port), "--path", f"/v1/agents/{agent}/execute", "--token", token, "--body",
                                      '{"input": "Hello"}', "--clients", "16", "--rate", "400", "--seconds", "5"]))
                row["turn CPU us"].append((cpu_seconds([server.pid]) - before) / got["latency"]["n"] * 1e6)
                row["list/s"].append(wrk(server.port, token, "/v1/agents?limit=20", seconds=5))
                if measured:
                    started = time.monotonic()
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read()
                    row["scrape ms"].append((time.monotonic() - started) * 1000)
                server.stop()
                model.stop()
    print("| METRICS_PORT | what | median (min-max) |\n| --- | --- | --- |")
    for measured, row in rows.items():
        print("\n".join(f"| {'set' if measured else 'not set'} | {what} | {spread(values)} |" for what, values in row.items()))


def bench_embed(args):
    """Tokens a second of all-MiniLM-L6-v2, ours against sentence-transformers and ONNX Runtime, by length of the texts; latency of a query."""
    import embed
    embed.bench(args)


def bench_extract(args):
    """pages of PDF a second on one core, against pypdf, pdftotext and PyMuPDF"""
    tools = run(["bash", "-c", ". scripts/tools.sh && python_tools extract tests/extract/requirements.txt"], cwd=REPO, env={**os.environ, "AGENTIC_CACHE": str(CACHE)}).split()[-1]
    subprocess.run([f"{tools}/python", REPO / "bench/extract.py", "--rounds", str(args.rounds)], check=True)


def bench_search(args):
    """Vector search in the process: a tenant of 1,000 vectors against pgvector's best plan, 100,000 against hnswlib, the memory of a million. Figures are per core, by CPU time."""
    program = RELEASE / "bench/search_bench"
    with tempfile.TemporaryDirectory() as work:
        postgres = Postgres(work)
        url = postgres.url("vectors")
        rounds = [json.loads(run([program, "tenant", "1000", url])) for _ in range(args.rounds)]
        postgres.stop()
    rates = {name: [r[name]["per_second"] for r in rounds] for name in ("ours", "pgvector")}
    ratios = [a / b for a, b in zip(rates["ours"], rates["pgvector"])]
    print(f"{rounds[0]['kernels']} kernels, 384 dimensions, top 10\n\n| tenant of 1,000 vectors | searches/s and core, median (min-max) | recall@10 | ratio |\n| --- | --- | --- | --- |")
    print(f"| pgvector, exact over a B-tree on the tenant | {spread(rates['pgvector'])} | {min(r['pgvector']['recall'] for r in rounds):.4f} | 1 |")
    print(f"| ours | {spread(rates['ours'])} | {min(r['ours']['recall'] for r in rounds):.4f} | {statistics.median(ratios):.1f}x ({min(ratios):.1f}-{max(ratios):.1f}) |")
    graph = json.loads(run([program, "graph", "100000"]))
    print(f"\n100,000 vectors; CPU time to build: hnswlib {graph['hnswlib_build_s']:.0f} s, ours {graph['build_s']:.0f} s ({graph['bytes'] / 1e6:.0f} MB)\n")
    print("| search width | hnswlib searches/s | recall@10 | ours | recall@10 |\n| --- | --- | --- | --- | --- |")
    widths = sorted({int(name.split()[1]) for name in graph if name.split()[-1].isdigit()})
    for width in widths:
        cells = [graph.get(f"{who} {width}") for who in ("hnswlib", "ours")]
        print(f"| {width} | " + " | ".join(f"{c['per_second']:,.0f} | {c['recall']:.4f}" if c else " | " for c in cells) + " |")
    print(f"| exact | | | {graph['ours exact']['per_second']:,.0f} | {graph['ours exact']['recall']:.4f} |")
    best = {who: max(c["per_second"] for name, c in graph.items() if name.startswith(who + " ") and name[-1].isdigit() and c["recall"] >= 0.995) for who in ("hnswlib", "ours")}
    print(f"\nat recall >= 0.995: {best['ours'] / best['hnswlib']:.2f}x hnswlib")
    memory = json.loads(run([program, "memory", "1000000"]))
    print(f"1,000,000 vectors: {memory['bytes'] / 1e6:.0f} MB, {memory['build_s']:.0f} s of CPU to build")


def bench_quality(args):
    """nDCG@10 and recall@10 of lexical, vector and hybrid search on known items out of Debian's documentation (bench/retrieval_quality)."""
    source, folder = REPO / "bench/retrieval_quality", CACHE / "known-items"
    print(run([sys.executable, source / "known_items.py", folder / "set", folder / "packages"]))
    print(run([sys.executable, source / "quality.py", folder / "set", RELEASE / "bench", CACHE / "models/all-MiniLM-L6-v2"]))


def bench_ingest(args):
    """From PDF to searchable, pages a second, against the specification's path (pypdf, sentence-transformers, one INSERT a chunk); latency of other routes meanwhile."""
    import ingest
    ingest.bench(args)


BENCHES = {"http": bench_http, "execute": bench_execute, "footprint": bench_footprint, "metrics": bench_metrics, "extract": bench_extract, "embed": bench_embed, "search": bench_search,
           "ingest": bench_ingest, "quality": bench_quality}
TARGETS = {"extract": ["agentic-extract"]}   # of the release build; all of it where none are named


def main():
    parser = argparse.ArgumentParser(prog="./dev bench", description="\n".join(f"{name}: {function.__doc__}" for name, function in BENCHES.items()),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=BENCHES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1_000_000)
    args = parser.parse_args()
    build(TARGETS.get(args.name, ["all"]))
    BENCHES[args.name](args)


if __name__ == "__main__":
    main()
