#!/usr/bin/env python3
"""kill -9 at random moments under load: nothing that was acknowledged may be lost, and every accepted run ends.

    crash_loop.py --bin build/release/agentic --cycles 200

Each cycle starts the server on the same data directory, drives it from several clients (messages by executing an `extractive` agent, background
runs, new agents), kills it at a random moment between 10 ms and 2 s of load, starts it again and compares what it says with the ledger of
acknowledged answers, kept here, outside the server; at the end, that of a few earlier cycles is compared once more. `--replay KEY` repeats the random choices of an earlier run. `--control` runs the negative
control: the binary must have been built with AGENTIC_FAULTS and acknowledges before it commits; the loop must then report a loss.
A loop whose server acknowledged hardly anything, or answered 5xx other than "too busy", proves nothing and fails.
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "correct horse battery staple"
READY_WITHIN_S = 5.0
COMPARED_AGAIN = 5          # earlier cycles whose acknowledgements are looked for once more at the end
ACKNOWLEDGED_PER_KILL = 5   # at least, on average; fifty are usual under the sanitizers


class Server:
    def __init__(self, binary, work, environment):
        self.binary, self.work, self.environment = binary, work, environment
        self.process = None
        self.port = None

    def start(self):
        port_file = self.work / "port"
        port_file.unlink(missing_ok=True)
        self.log = open(self.work / "server.log", "ab")
        started = time.monotonic()
        self.process = subprocess.Popen([self.binary, "serve", "--port", "0", "--port-file", str(port_file), "--data-dir", str(self.work / "data")],
                                        stderr=self.log, stdout=self.log, env={**os.environ, **self.environment})
        while not (port_file.exists() and port_file.read_text().strip()):
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}; see {self.work}/server.log\n" + (self.work / "server.log").read_text()[-3000:])
            if time.monotonic() - started > READY_WITHIN_S * 4:
                sys.exit("the server did not open its port")
            time.sleep(0.005)
        self.port = int(port_file.read_text())
        while True:
            try:
                if request(self.port, "GET", "/health/ready")[0] == 200:
                    break
            except OSError:
                pass
            if time.monotonic() - started > READY_WITHIN_S * 4:
                sys.exit("the server did not become ready")
            time.sleep(0.005)
        return time.monotonic() - started

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def request(port, method, path, body=None, token=None, timeout=20):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        data = response.read()
        return response.status, json.loads(data) if data else None
    finally:
        connection.close()


class Ledger:
    """What the server has acknowledged, and when it said so."""

    def __init__(self):
        self.lock = threading.Lock()
        self.messages = []   # (conversation, message id, input, response)
        self.runs = []       # background runs accepted
        self.agents = []
        self.unexpected = []   # answers of 500 and above

    def note(self, status, answer):
        """503 is the server's word for being too busy; anything else of that kind is a fault."""
        if status >= 500 and status != 503:
            with self.lock:
                self.unexpected.append(f"unexpected {status}: {answer}")


def client(port, token, agent, ledger, stop, seed):
    """One client: mostly turns in its own conversation, some background runs, some new agents. Every 2xx goes into the ledger."""
    choose = random.Random(seed)
    conversation, n = None, 0
    while not stop.is_set():
        n += 1
        try:
            kind = choose.random()
            if kind < 0.7:
                text = f"message {seed}-{n}"
                body = {"input": text, "context": {"documents": [{"title": "Note", "text": f"The note {seed}-{n} says that message {n} is remembered."}]}}
                if conversation:
                    body["conversation_id"] = conversation
                status, answer = request(port, "POST", f"/v1/agents/{agent}/execute", body, token)
                if status == 200:
                    conversation = answer["conversation_id"]
                    with ledger.lock:
                        ledger.messages.append((conversation, answer["message_id"], text, answer["response"]))
            elif kind < 0.9:
                status, answer = request(port, "POST", f"/v1/agents/{agent}/execute", {"input": f"background {seed}-{n}", "background": True}, token)
                if status == 202:
                    with ledger.lock:
                        ledger.runs.append((answer["run_id"], f"background {seed}-{n}"))
            else:
                status, answer = request(port, "POST", "/v1/agents",
                                         {"name": f"Agent {seed}-{n}", "slug": f"agent-{seed}-{n}", "model_provider": "extractive", "model_name": "extractive"}, token)
                if status == 201:
                    with ledger.lock:
                        ledger.agents.append(answer["id"])
            ledger.note(status, answer)
        except (OSError, http.client.HTTPException, ValueError):
            if not stop.is_set():
                time.sleep(0.01)


def login(port):
    status, answer = request(port, "POST", "/v1/auth/login", {"email": "crash@example.com", "password": PASSWORD})
    assert status == 200, answer
    return answer["access_token"]


def problems_of(port, token, ledger, deadline_s=30):
    """Compares the server with the ledger; a list of what is lost, doubled or stuck."""
    lost, by_conversation = [], {}
    for conversation, message_id, text, response in ledger.messages:
        by_conversation.setdefault(conversation, []).append((message_id, text, response))
    for conversation, turns in by_conversation.items():
        have, cursor = [], ""
        while True:
            status, page = request(port, "GET", f"/v1/conversations/{conversation}/messages?limit=100{cursor}", token=token)
            if status != 200:
                lost.append(f"conversation {conversation}: {status}")
                break
            have += page["data"]
            if not page.get("next_cursor"):
                break
            cursor = "&cursor=" + page["next_cursor"]
        numbers = [m["sequence_number"] for m in have]
        if sorted(numbers) != list(range(min(numbers, default=1), min(numbers, default=1) + len(numbers))):
            lost.append(f"conversation {conversation}: message numbers are not gapless: {sorted(numbers)}")
        by_id = {m["id"]: m for m in have}
        answered = [m["run_id"] for m in have if m["role"] == "assistant"]
        if len(set(answered)) != len(answered):
            lost.append(f"conversation {conversation}: a run has answered twice")
        inputs = [m["content"] for m in have if m["role"] == "user"]
        for message_id, text, response in turns:
            if message_id not in by_id or by_id[message_id]["content"] != response:
                lost.append(f"answer {message_id} to '{text}'")
            if inputs.count(text) != 1:
                lost.append(f"user message '{text}' stands {inputs.count(text)} times")
    until = time.monotonic() + deadline_s
    for run, text in ledger.runs:
        while True:
            status, row = request(port, "GET", f"/v1/runs/{run}", token=token)
            if status != 200:
                lost.append(f"run {run} ('{text}'): {status}")
                break
            if row["status"] in ("completed", "failed", "cancelled", "expired"):
                said = request(port, "GET", f"/v1/conversations/{row['conversation_id']}/messages", token=token)[1]["data"]
                answers = [m["run_id"] for m in said if m["role"] == "assistant"]
                if row["status"] != "completed" or answers != [run]:
                    lost.append(f"run {run} ('{text}') is {row['status']}, error {row.get('error')}, with {len(answers)} answers")
                break
            if time.monotonic() > until:
                lost.append(f"run {run} is still {row['status']}")
                break
            time.sleep(0.02)
    for agent in ledger.agents:
        if request(port, "GET", f"/v1/agents/{agent}", token=token)[0] != 200:
            lost.append(f"agent {agent}")
    return lost


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--cycles", type=int, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--replay", type=int, default=None)
    parser.add_argument("--control", action="store_true")
    args = parser.parse_args()
    key = args.replay if args.replay is not None else random.SystemRandom().randrange(1 << 32)
    choose = random.Random(key)
    print(f"replay key {key}")
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        environment = {"LOG_LEVEL": "warning", "AGENTIC_FAULT_ACK_BEFORE_COMMIT": "1"} if args.control else {"LOG_LEVEL": "warning"}
        server = Server(args.bin, work, environment)
        server.start()
        status, answer = request(server.port, "POST", "/v1/auth/register", {"tenant_name": "Crash", "email": "crash@example.com", "password": PASSWORD})
        assert status == 201, answer
        token = answer["access_token"]
        status, agent = request(server.port, "POST", "/v1/agents", {"name": "Crash", "slug": "crash", "model_provider": "extractive", "model_name": "extractive"}, token)
        assert status == 201, agent
        acknowledged, slowest, all_lost, unexpected, ledgers = 0, 0.0, [], [], []
        for cycle in range(args.cycles):
            ledger, stop = Ledger(), threading.Event()
            clients = [threading.Thread(target=client, args=(server.port, token, agent["id"], ledger, stop, choose.randrange(1 << 30))) for _ in range(args.clients)]
            for thread in clients:
                thread.start()
            time.sleep(choose.uniform(0.01, 2.0))
            server.kill()
            stop.set()
            for thread in clients:
                thread.join()
            slowest = max(slowest, server.start())
            token = login(server.port)
            lost = problems_of(server.port, token, ledger)
            ledgers.append(ledger)
            unexpected += ledger.unexpected
            acknowledged += len(ledger.messages) + len(ledger.runs) + len(ledger.agents)
            all_lost += [f"cycle {cycle}: {what}" for what in lost]
            if lost:
                break
        else:
            for cycle in sorted(choose.sample(range(len(ledgers)), min(COMPARED_AGAIN, len(ledgers)))):
                all_lost += [f"at the end, of cycle {cycle}: {what}" for what in problems_of(server.port, token, ledgers[cycle])]
        server.kill()
        check = sqlite3.connect(f"file:{work}/data/agentic.db?mode=ro", uri=True).execute("PRAGMA integrity_check").fetchone()[0]
        if check != "ok":
            all_lost.append(f"integrity check: {check}")
    for what in all_lost:
        print(what)
    print(f"{len(ledgers)} kills, {acknowledged} acknowledged, {len(all_lost)} lost, {len(unexpected)} unexpected answers, slowest restart {slowest:.2f} s, integrity {check}")
    if args.control:
        sys.exit(0 if all_lost else "the negative control was not caught")
    if unexpected:
        sys.exit("\n".join(unexpected[:20]))
    if slowest > READY_WITHIN_S:
        sys.exit(f"a restart took {slowest:.1f} s")
    if acknowledged < args.cycles * ACKNOWLEDGED_PER_KILL:
        sys.exit(f"only {acknowledged} requests were acknowledged: this shows nothing")
    sys.exit(1 if all_lost else 0)


if __name__ == "__main__":
    main()
