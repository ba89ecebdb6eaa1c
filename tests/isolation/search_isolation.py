#!/usr/bin/env python3
"""Random searches of many tenants with the same documents: no answer may hold another tenant's canary, id or score.

    search_isolation.py --queries 1000000 [--tenants 10] [--processes 3] [--bin build/release/agentic] [--control] [--seed 1]

Half of the queries go to SQLite and half to PostgreSQL (AGENTIC_TEST_POSTGRES_URL, see scripts/test_postgres.sh). Every tenant has the same documents in two collections, each with a
canary of its own in the text. A query draws its words, mode, top_k, filter and collections at random; now and then it names a foreign or deleted collection, which must be a 404 like a
missing one. --control searches one tenant's answers for another's canary planted in its own documents, and must report it.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import random
import re
import socket
import sys
import time
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
from scripted_embeddings import EmbeddingServer  # noqa: E402

WORDS = "library nine morning sunday book euros reminders floor tomatoes water july basil nights reading room second closed lost free".split()
TEXTS = {"Library": "The reading room is on the second floor. The library opens at nine in the morning, on Sunday it stays closed.", "Fees": "A lost book costs twenty euros. Reminders are free.",
         "Garden": "Tomatoes need plenty of water in July. Basil does not like cold nights."}
CANARY = re.compile(rb"canary[0-9a-f]{12}")


class Connection:
    """Keep-alive HTTP/1.1 as fast as Python does it; answers have a Content-Length."""

    def __init__(self, port, token):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"POST /v1/rag/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: "

    def query(self, body):
        self.socket.sendall(f"{self.head}{len(body)}\r\n\r\n{body}".encode())
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.read()
        length = int(re.search(rb"(?i)content-length: (\d+)", received[:end])[1])
        while len(received) < end + 4 + length:
            received += self.read()
        return int(received[9:12]), received[end + 4:]

    def read(self):
        piece = self.socket.recv(1 << 16)
        if not piece:
            raise ConnectionError("the server hung up")
        return piece


def make_tenant(server, texts=TEXTS):
    client = server.register()
    tenant = {"token": client.token, "canary": f"canary{uuid.uuid4().hex[:12]}", "collections": []}
    for number in range(3):
        answer = client.post("/v1/rag/collections", {"name": f"c{number}", "embedding_model": "scripted", "chunk_size": 64, "chunk_overlap": 8})
        assert answer.status == 201, answer
        collection = answer.json["id"]
        documents = [client.post(f"/v1/rag/collections/{collection}/documents", {"title": title, "text": f"{text} {tenant['canary']}"}).json["id"] for title, text in texts.items()]
        for document in documents:
            until = time.monotonic() + 60
            while (status := client.get(f"/v1/rag/documents/{document}/status").json["status"]) != "completed":
                assert status in ("pending", "processing") and time.monotonic() < until, status
                time.sleep(0.02)
        tenant["collections"].append(collection)
    deleted = tenant["collections"].pop()
    assert client.delete(f"/v1/rag/collections/{deleted}").status == 204
    tenant["deleted"] = deleted
    return tenant


def draw(choose, tenants, queries):
    """A tenant, a request body, and whether it names a collection that is not the tenant's to see."""
    tenant = choose.choice(tenants)
    body = {"query": choose.choice(queries), "top_k": choose.randrange(1, 51), "mode": choose.choice(("hybrid", "vector", "lexical")), "include_content": True, "explain": choose.random() < 0.2}
    if choose.random() < 0.2:
        body["similarity_threshold"] = choose.random()
    is_foreign = choose.random() < 0.05
    if is_foreign:
        other = choose.choice([t for t in tenants if t is not tenant])
        wrong = choose.choice([*other["collections"], other["deleted"], tenant["deleted"], str(uuid.UUID(int=choose.getrandbits(128)))])
        body["collection_ids"] = choose.sample([wrong, *tenant["collections"]], choose.randrange(1, 4))
        is_foreign = wrong in body["collection_ids"]
    elif choose.random() < 0.5:
        body["collection_ids"] = choose.sample(tenant["collections"], choose.randrange(1, 3))
    return tenant, body, is_foreign


def check(tenant, body, is_foreign, status, answer, seen):
    """None, or what is wrong with an answer."""
    if set(CANARY.findall(answer)) - {tenant["canary"].encode()}:
        return "a foreign canary"
    if is_foreign:
        # The answer to a foreign id is the answer to a missing one.
        text = re.sub(rb'"request_id":"[^"]*"', b"", answer)
        return None if status == 404 and seen.setdefault("404", text) == text else f"a foreign collection was answered with {status} {answer[:300]!r}"
    if status != 200:
        return f"{status} {answer[:300]!r}"
    found = json.loads(answer)
    allowed = body.get("collection_ids", tenant["collections"])
    if any(hit["collection_id"] not in allowed for hit in found["results"]):
        return "a hit from another collection"
    scores = [round(hit["score"], 9) for hit in found["results"]]
    if body["mode"] == "lexical":   # all tenants have the same words but their canary, so the same search of words scores alike, whoever asks
        key = (body["query"], body["top_k"], body.get("similarity_threshold"), len(allowed))
        if len(seen) < 200_000 and seen.setdefault(key, scores) != scores:
            return f"scores depend on the tenant: {seen[key]} and {scores}"
    seen["hits"] = seen.get("hits", 0) + len(scores)
    return None


def ask(port, tenants, seed, count):
    choose = random.Random(seed)
    queries = [" ".join(random.Random(i).sample(WORDS, 1 + i % 4)) for i in range(300)]
    connections, seen, wrong = {}, {}, []
    for _ in range(count):
        tenant, body, is_foreign = draw(choose, tenants, queries)
        connection = connections.get(tenant["token"]) or connections.setdefault(tenant["token"], Connection(port, tenant["token"]))
        problem = check(tenant, body, is_foreign, *connection.query(json.dumps(body)), seen)
        if problem:
            wrong.append({"problem": problem, "body": body})
            if len(wrong) > 5:
                break
    return seen.get("hits", 0), wrong


def run(engine, args, model, count):
    database = harness.Database(engine)
    server = harness.Server(database, LOG_LEVEL="warning", ACCESS_TOKEN_EXPIRE_MINUTES="600", **model.environment()).start()
    try:
        tenants = [make_tenant(server) for _ in range(args.tenants)]
        if args.control:   # a tenant whose answers hold another's canary, as a leak would
            spoiled = make_tenant(server, {"Spoiled": f"Library book water {tenants[0]['canary']}"})
            tenants.append(spoiled)
        started = time.monotonic()
        with multiprocessing.Pool(args.processes) as pool:
            parts = pool.starmap(ask, [(server.port, tenants, args.seed * 1000 + n, count // args.processes + 1) for n in range(args.processes)])
        hits, wrong = sum(part[0] for part in parts), [problem for part in parts for problem in part[1]]
        print(f"{engine}: {count:,} queries of {len(tenants)} tenants, {hits:,} hits, {len(wrong)} wrong answers, {count / (time.monotonic() - started):,.0f}/s", flush=True)
        for problem in wrong[:3]:
            print("  " + json.dumps(problem)[:600])
        assert hits > count / 2, "nearly nothing was found: the test proves nothing"
        return not wrong
    finally:
        server.stop()
        database.drop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--queries", type=int, default=20_000)
    parser.add_argument("--tenants", type=int, default=10)
    parser.add_argument("--processes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--bin", default=os.environ.get("AGENTIC_BIN", str(harness.REPO / "build/release/agentic")))
    args = parser.parse_args()
    harness.BINARY = str(pathlib.Path(args.bin).resolve())
    model = EmbeddingServer()
    try:
        clean = [run(engine, args, model, args.queries // 2) for engine in ("sqlite", "postgres")]
    finally:
        model.close()
    if args.control:
        print("control: " + ("the planted canary was not seen" if any(clean) else "the planted canary was seen"))
        return int(any(clean))
    return int(not all(clean))


if __name__ == "__main__":
    sys.exit(main())
