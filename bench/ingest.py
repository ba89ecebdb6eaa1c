"""./dev bench ingest: from PDF to searchable, pages a second, against the specification's own path on the same files; and what other routes feel of it."""
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time
import uuid

import embed
from run import CACHE, RELEASE, REPO, Postgres, Server, cpu_seconds, run

MODEL = CACHE / "models/all-MiniLM-L6-v2"
QUIET_SECONDS = 10


def documents(folder):
    """The PDFs of `./dev bench extract`."""
    tools = run(["bash", "-c", ". scripts/tools.sh && python_tools extract tests/extract/requirements.txt"], cwd=REPO, env={**os.environ, "AGENTIC_CACHE": str(CACHE)}).split()[-1]
    made = run([f"{tools}/python", "-c", "import pathlib, sys; sys.path.insert(0, 'bench'); import extract\nfor path in extract.make_documents(pathlib.Path(sys.argv[1])): print(path)", folder], cwd=REPO)
    return [pathlib.Path(line) for line in made.splitlines()]


def upload(server, token, collection, path):
    boundary = uuid.uuid4().hex
    body = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\nContent-Type: application/pdf\r\n\r\n'.encode() + path.read_bytes() + f"\r\n--{boundary}--\r\n".encode())
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", f"/v1/rag/collections/{collection}/documents", body, {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={boundary}"})
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 202, text
    connection.close()


def collection_of(server, token, n):
    status, answer = server.call("POST", "/v1/rag/collections", {"name": f"bench {n}", "chunk_size": 512, "chunk_overlap": 50}, token)
    assert status == 201, answer
    return answer["id"]


def ours(server, token, paths, n):
    """Seconds from the first byte sent to the last document completed; statistics of the collection."""
    collection = collection_of(server, token, n)
    before, started = cpu_seconds([server.pid]), time.monotonic()
    for path in paths:
        upload(server, token, collection, path)
    while True:
        status, answer = server.call("GET", f"/v1/rag/collections/{collection}/documents?limit=100", None, token)
        states = [document["status"] for document in answer["data"]]
        assert "failed" not in states, answer
        if states.count("completed") == len(paths):
            break
        time.sleep(0.05)
    took = time.monotonic() - started
    status, hits = server.call("POST", "/v1/rag/query", {"query": "how are words split", "collection_id": collection}, token)
    assert status == 200 and hits["results"] and not hits["warnings"], hits
    return {"seconds": took, "cpu": cpu_seconds([server.pid]) - before, "pages": sum(document["page_count"] for document in answer["data"]),
            "chunks": sum(document["total_chunks"] for document in answer["data"])}


def theirs(postgres_url, paths):
    return json.loads(run([embed.environment() / "bin/python", REPO / "bench/peers/ingestion/peer.py", MODEL, postgres_url, *paths]))


def latency(server, token, seconds, path="/v1/agents?limit=20"):
    got = json.loads(run([RELEASE / "bench/loadgen", "turns", "--port", str(server.port), "--path", path, "--token", token, "--clients", "16", "--rate", "500", "--seconds", str(int(seconds))]))
    assert got["errors"] == 0, got
    return got["latency"]


def bench(args):
    if not MODEL.exists():
        run([RELEASE / "agentic", "models", "install", "--models-dir", MODEL.parent])
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "documents"
        folder.mkdir()
        paths = documents(folder)
        postgres = Postgres(work)
        peer_url = postgres.url("peer", "postgresql+asyncpg")
        settings = {"MODELS_DIR": str(MODEL.parent), "ACCESS_TOKEN_EXPIRE_MINUTES": "600"}
        servers = {"SQLite": Server(work, "sqlite", **settings), "PostgreSQL": Server(work, "postgresql", **settings, DATABASE_URL=postgres.url("ours"))}
        tokens = {name: server.register(0) for name, server in servers.items()}
        for name, server in servers.items():
            for number in range(20):
                server.agent(tokens[name], number)
            ours(server, tokens[name], paths[:1], "warm")
        results = {"specification's path": [], **{name: [] for name in servers}}
        for number in range(args.rounds):
            results["specification's path"].append(theirs(peer_url, paths))
            for name, server in servers.items():
                results[name].append(ours(server, tokens[name], paths, number))
        print(f"{len(paths)} PDFs, {args.rounds} rounds\n\n| | pages/s, median (min-max) | chunks | pages | ratio |\n| --- | --- | --- | --- | --- |")
        rates = {name: [r["pages"] / r["seconds"] for r in rows] for name, rows in results.items()}
        for name, rows in results.items():
            ratios = [a / b for a, b in zip(rates[name], rates["specification's path"])]
            print(f"| {name} | {statistics.median(rates[name]):.1f} ({min(rates[name]):.1f}-{max(rates[name]):.1f}) | {rows[0]['chunks']:,} | {rows[0]['pages']} | {statistics.median(ratios):.1f}x |")
        disturbance(servers["SQLite"], tokens["SQLite"], paths)
        for server in servers.values():
            server.stop()
        postgres.stop()


def disturbance(server, token, paths):
    """GET /v1/agents at 500/s, alone and while documents are worked on, in turn."""
    print("\n| GET /v1/agents at 500/s | p50 | p99 |\n| --- | --- | --- |")
    for number in range(3):
        alone = latency(server, token, QUIET_SECONDS)
        working = threading.Thread(target=ours, args=(server, token, paths, f"meanwhile {number}"), daemon=True)
        working.start()
        meanwhile = latency(server, token, QUIET_SECONDS)
        working.join()
        for label, seen in (("alone", alone), ("during ingestion", meanwhile)):
            print(f"| {label} | {seen['p50_us']:.0f} us | {seen['p99_us']:.0f} us |")
