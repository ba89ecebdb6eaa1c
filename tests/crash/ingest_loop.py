#!/usr/bin/env python3
"""Kills the server at random moments while it takes in documents, and holds it to its promises: every document it has accepted ends completed or failed with a
reason; of a completed one every chunk is there, once, in the rows, in the lexical index and in the vectors; what was deleted is nowhere.

    ingest_loop.py --bin build/dev/agentic [--cycles 20] [--clients 4] [--replay KEY]
    ingest_loop.py --bin build/dev/agentic --control     loses a chunk of a completed document behind the server's back; the check of the rows must see it

A loop that had hardly a document accepted, or saw a 5xx other than "too busy", proves nothing and fails.
"""
import argparse
import http.client
import json
import pathlib
import random
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from crash_loop import PASSWORD, Server, login, request  # noqa: E402
from scripted_embeddings import EmbeddingServer  # noqa: E402

SETTLE_S = 60
PAUSE_S = 0.06        # between a client's requests, at most: what is accepted must also be worked on and checked
CYCLES_PER_WORLD = 10
ACCEPTED_PER_KILL = 5  # at least, on average; thirty are usual under the sanitizers
READ_WHOLE = 25       # completed documents of a cycle whose chunks are read and searched for; the rows of all are checked
WORDS = "river stone amber falcon meadow copper lantern harbour violet thunder maple silver canyon ember willow".split()


def document(name, choose):
    """A text of a few dozen paragraphs, each with a word that occurs nowhere else."""
    marks = [f"mark{name}x{i}" for i in range(choose.randrange(3, 40))]
    paragraphs = [f"Here stands {mark}. " + " ".join(choose.choice(WORDS) for _ in range(40)) + "." for mark in marks]
    return "\n\n".join(paragraphs), marks


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.accepted = {}   # document id -> marks of its newest accepted text
        self.deleted = {}    # document id -> marks
        self.attempted = set()   # deletions whose answer may have been lost
        self.unexpected = []     # answers of 500 and above, but for 503, the word for being too busy

    def note(self, status, answer):
        if status >= 500 and status != 503:
            with self.lock:
                self.unexpected.append(f"unexpected {status}: {answer}")


def client(server, token, collection, ledger, stop, seed):
    choose = random.Random(seed)
    n = 0
    while not stop.is_set():
        n += 1
        time.sleep(choose.uniform(0, PAUSE_S))
        try:
            with ledger.lock:
                known = list(ledger.accepted)
            if known and choose.random() < 0.15:
                victim = choose.choice(known)
                with ledger.lock:
                    ledger.attempted.add(victim)
                status, answer = request(server.port, "DELETE", f"/v1/rag/documents/{victim}", token=token)
                ledger.note(status, answer)
                if status == 204:
                    with ledger.lock:
                        ledger.deleted[victim] = ledger.accepted.pop(victim, [])
                continue
            text, marks = document(f"{seed}n{n}", choose)
            status, answer = request(server.port, "POST", f"/v1/rag/collections/{collection}/documents", {"title": f"Document {seed}-{n}", "text": text}, token)
            if status == 202:
                with ledger.lock:
                    ledger.accepted[answer["document_id"]] = marks
            ledger.note(status, answer)
        except (OSError, http.client.HTTPException, ValueError):
            if not stop.is_set():
                time.sleep(0.01)


def settled(port, token, ident):
    until = time.monotonic() + SETTLE_S
    while True:
        status, row = request(port, "GET", f"/v1/rag/documents/{ident}/status", token=token)
        if status != 200 or row["status"] in ("completed", "failed", "cancelled") or time.monotonic() > until:
            return status, row
        time.sleep(0.02)


def problems_through_api(port, token, collection, ledger, choose):
    found = []
    read_whole = set(choose.sample(sorted(ledger.accepted), min(READ_WHOLE, len(ledger.accepted))))
    for ident, marks in ledger.accepted.items():
        status, row = settled(port, token, ident)
        if status == 404 and ident in ledger.attempted:
            continue
        if status != 200:
            found.append(f"accepted document {ident}: {status}")
        elif row["status"] == "failed" and not row["error_message"]:
            found.append(f"document {ident} failed without a reason")
        elif row["status"] not in ("completed", "failed"):
            found.append(f"document {ident} is still {row['status']} at {row['progress']} %")
        elif row["status"] == "completed" and ident in read_whole:
            text, page, contents = "", 1, {}
            while True:
                chunks = request(port, "GET", f"/v1/rag/documents/{ident}/chunks?limit=100&page={page}", token=token)[1]
                text += " ".join(chunk["content"] for chunk in chunks["data"])
                contents.update({chunk["id"]: chunk["content"] for chunk in chunks["data"]})
                if page >= chunks["pagination"]["total_pages"]:
                    break
                page += 1
            found += [f"document {ident}: {mark} is in no chunk" for mark in marks if mark not in text]
            answer = request(port, "POST", "/v1/rag/query", {"query": marks[-1], "collection_id": collection, "mode": "lexical", "top_k": 3}, token)[1]
            hits = [hit for hit in answer.get("results", []) if marks[-1] in hit["content"]]
            if not hits or any(hit["document_id"] != ident for hit in hits):
                found.append(f"document {ident}: no word of it finds {marks[-1]}")
            for chunk, content in list(contents.items())[:3]:   # a chunk's own text has its own direction
                answer = request(port, "POST", "/v1/rag/query", {"query": content, "collection_id": collection, "mode": "vector", "top_k": 5}, token)[1]
                if chunk not in [hit["id"] for hit in answer.get("results", [])]:
                    found.append(f"document {ident}: the vector of chunk {chunk} is not found")
    for ident, marks in ledger.deleted.items():
        if request(port, "GET", f"/v1/rag/documents/{ident}", token=token)[0] != 404:
            found.append(f"deleted document {ident} is there")
        for mark in marks[:1]:
            for mode in ("lexical", "vector"):
                answer = request(port, "POST", "/v1/rag/query", {"query": mark, "collection_id": collection, "mode": mode, "top_k": 10}, token)[1]
                if any(mark in hit["content"] for hit in answer.get("results", [])):
                    found.append(f"deleted document {ident} is found by {mode} search")
    return found


def problems_in_rows(path):
    """What no route shows: the rows of a completed document agree with each other and with both indexes."""
    rows = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    found = []
    for ident, version, total in rows.execute("SELECT id, indexed_version, indexed_chunks FROM documents WHERE deleted_at IS NULL AND indexed_version > 0"):
        numbers = [n for (n,) in rows.execute("SELECT sequence_number FROM chunks WHERE document_id = ? AND document_version = ? ORDER BY 1", (ident, version))]
        if numbers != list(range(total)):
            found.append(f"document {ident}: chunk numbers {numbers} where {total} were promised")
        words = rows.execute("SELECT COUNT(*) FROM chunks c WHERE document_id = ? AND document_version = ? AND EXISTS (SELECT 1 FROM chunk_words_docsize w WHERE w.id = c.row_id)", (ident, version)).fetchone()[0]
        vectors = rows.execute("SELECT COUNT(*) FROM chunks c JOIN collections k ON k.id = c.collection_id JOIN chunk_embeddings e ON e.chunk_id = c.id AND e.generation = k.generation "
                               "WHERE c.document_id = ? AND c.document_version = ?", (ident, version)).fetchone()[0]
        if words != total or vectors != total:
            found.append(f"document {ident}: {total} chunks, {words} in the lexical index, {vectors} with vectors")
    orphans = rows.execute("SELECT COUNT(*) FROM chunk_words_docsize w WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.row_id = w.id)").fetchone()[0]
    if orphans:
        found.append(f"{orphans} entries of the lexical index belong to no chunk")
    check = rows.execute("PRAGMA integrity_check").fetchone()[0]
    if check != "ok":
        found.append(f"integrity check: {check}")
    return found


def sabotage(path):
    """Loses a chunk of some completed document, as a bug would."""
    rows = sqlite3.connect(path)
    rows.execute("DELETE FROM chunks WHERE row_id = (SELECT MAX(c.row_id) FROM chunks c JOIN documents d ON d.id = c.document_id WHERE d.status = 'completed' AND d.deleted_at IS NULL)")
    rows.commit()
    rows.close()


def new_world(args, model, work):
    """A server with a tenant and a collection: the server, a token, the collection's id."""
    server = Server(args.bin, work, {"LOG_LEVEL": "warning", **model.environment()})
    server.start()
    status, answer = request(server.port, "POST", "/v1/auth/register", {"tenant_name": "Crash", "email": "crash@example.com", "password": PASSWORD})
    assert status == 201, answer
    token = answer["access_token"]
    status, made = request(server.port, "POST", "/v1/rag/collections", {"name": "crash", "embedding_model": "scripted", "chunking": "semantic", "chunk_size": 64, "chunk_overlap": 8}, token)
    assert status == 201, made
    return server, token, made["id"]


def control(args, model):
    """The rows of one completed document are sound, and no longer when a chunk of it is lost."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        server, token, collection = new_world(args, model, work)
        status, answer = request(server.port, "POST", f"/v1/rag/collections/{collection}/documents", {"title": "Control", "text": document("control", random.Random(1))[0]}, token)
        assert status == 202, answer
        status, row = settled(server.port, token, answer["document_id"])
        server.kill()
        assert status == 200 and row["status"] == "completed", row
        database = work / "data/agentic.db"
        if before := problems_in_rows(database):
            sys.exit("problems before anything was lost:\n" + "\n".join(before))
        sabotage(database)
        after = problems_in_rows(database)
    print("\n".join(after))
    sys.exit(0 if after else "the negative control was not caught")


def run_world(args, choose, model, cycles):
    """Kills one server on one data directory that many times. The problems found, the documents accepted, the slowest restart, the kills."""
    accepted, slowest, found = 0, 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        server, token, collection = new_world(args, model, work)
        for cycle in range(cycles):
            ledger, stop = Ledger(), threading.Event()
            clients = [threading.Thread(target=client, args=(server, token, collection, ledger, stop, choose.randrange(1 << 30))) for _ in range(args.clients)]
            for thread in clients:
                thread.start()
            time.sleep(choose.uniform(0.05, 1.5))
            server.kill()
            stop.set()
            for thread in clients:
                thread.join()
            slowest = max(slowest, server.start())
            token = login(server.port)
            found += ledger.unexpected + problems_through_api(server.port, token, collection, ledger, choose)
            server.kill()
            found += problems_in_rows(work / "data/agentic.db")
            accepted += len(ledger.accepted) + len(ledger.deleted)
            if found:
                print("\n".join(f"cycle {cycle}: {what}" for what in found), flush=True)
                break
            server.start()
            token = login(server.port)
        if server.process.poll() is None:
            server.kill()
    return found, accepted, slowest, cycle + 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--replay", type=int, default=None)
    parser.add_argument("--control", action="store_true")
    args = parser.parse_args()
    model = EmbeddingServer()
    if args.control:
        control(args, model)
    key = args.replay if args.replay is not None else random.SystemRandom().randrange(1 << 32)
    choose = random.Random(key)
    print(f"replay key {key}", flush=True)
    kills, accepted, slowest, lost = 0, 0, 0.0, []
    while kills < args.cycles and not lost:   # a new data directory now and then: all rows are checked after every kill
        lost, more, restart, done = run_world(args, choose, model, min(CYCLES_PER_WORLD, args.cycles - kills))
        kills, accepted, slowest = kills + done, accepted + more, max(slowest, restart)
    model.close()
    print(f"{kills} kills, {accepted} documents accepted, {len(lost)} problems, slowest restart {slowest:.2f} s")
    if not lost and accepted < args.cycles * ACCEPTED_PER_KILL:
        sys.exit(f"only {accepted} documents were accepted: this shows nothing")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
