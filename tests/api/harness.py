"""Starts the real program and talks to it over HTTP, with the standard library alone.

A suite is written once as a class that takes `ServerTest` as its base and is decorated with `on_both_databases`: it then runs on SQLite and on
PostgreSQL. The latter needs AGENTIC_TEST_POSTGRES_URL (scripts/test_postgres.sh sets it) and is skipped, visibly, without it.
"""
import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

REPO = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("AGENTIC_BIN", str(REPO / "build/dev/agentic"))
POSTGRES_URL = os.environ.get("AGENTIC_TEST_POSTGRES_URL", "")
PASSWORD = "correct horse battery staple"
SLOW = 6.0  # sanitizers and busy machines


class Answer:
    """One response, read whole."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def fields(self):
        """The names of the fields that a 422 complains about."""
        return sorted(detail["field"] for detail in self.json["error"]["details"])

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Client:
    """A user of the API. Opens a connection for each call, so a restart of the server does not matter."""

    def __init__(self, server, token=None):
        self.server, self.token = server, token

    def request(self, method, path, body=None, headers=None, raw=None, timeout=60):
        sent = {"Accept": "application/json", **({"Authorization": f"Bearer {self.token}"} if self.token else {}), **(headers or {})}
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        try:
            try:
                connection.request(method, path, body=raw, headers=sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server has answered before it had read everything, as it should when the body is too large
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def patch(self, path, body, **more):
        return self.request("PATCH", path, body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def stream(self, method, path, body=None, headers=None):
        """An SSE stream as a generator of Event; closing it hangs up."""
        return EventStream(self, method, path, body, headers)


def multipart(parts):
    """(content type, body) of a form; a part is (name, text) or (name, file name, media type, bytes)."""
    boundary = uuid.uuid4().hex
    body = b""
    for part in parts:
        body += f"--{boundary}\r\n".encode()
        if len(part) == 2:
            body += f'Content-Disposition: form-data; name="{part[0]}"\r\n\r\n'.encode() + part[1].encode()
        else:
            name, file_name, media_type, data = part
            body += f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"\r\nContent-Type: {media_type}\r\n\r\n'.encode() + data
        body += b"\r\n"
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def upload(client, collection, file_name, data, *more, path="/v1/rag/collections", media_type="text/markdown", headers=None):
    content_type, body = multipart([("file", file_name, media_type, data), *more])
    return client.post(f"{path}/{collection}/documents", raw=body, headers={"Content-Type": content_type, **(headers or {})})


class Event:
    def __init__(self, id_, name, data):
        self.id, self.name, self.data = id_, name, data

    def __repr__(self):
        return f"{self.id}:{self.name}:{self.data}"

    def __eq__(self, other):
        return (self.id, self.name, self.data) == (other.id, other.name, other.data)


class EventStream:
    def __init__(self, client, method, path, body, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=60)
        sent = {"Authorization": f"Bearer {client.token}", "Accept": "text/event-stream", "Content-Type": "application/json", **(headers or {})}
        self.connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=sent)
        self.response = self.connection.getresponse()
        self.status, self.headers = self.response.status, self.response.headers

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def __iter__(self):
        id_, name, data = None, "message", []
        for line in self.response:
            line = line.decode().rstrip("\r\n")
            if not line and data:
                yield Event(id_, name, json.loads("\n".join(data)))
                name, data = "message", []
            elif line.startswith("id:"):
                id_ = int(line[3:])
            elif line.startswith("event:"):
                name = line[6:].strip()
            elif line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))


class Database:
    """Where a server keeps its rows: a directory, and on PostgreSQL a database made for it."""

    def __init__(self, engine):
        self.engine = engine
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="agentic-api-"))
        self.url = self._create_postgres() if engine == "postgres" else ""

    def _create_postgres(self):
        self.name = f"api_{uuid.uuid4().hex[:12]}"
        self._psql(f"CREATE DATABASE {self.name}")
        return re.sub(r"^(\w+://[^/?]*/)[^?]*", rf"\g<1>{self.name}", POSTGRES_URL)

    def _psql(self, statement, url=POSTGRES_URL):
        subprocess.run(["psql", "--quiet", "--no-psqlrc", "--dbname", url, "--command", statement], check=True, capture_output=True, timeout=60)

    def drop_database(self):
        self._psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def break_agents(self):
        """From now on every question for agents is a fault of the server's."""
        statement = "ALTER TABLE agents RENAME TO agents_gone"
        if self.engine == "postgres":
            self._psql(statement, self.url)
            return
        with contextlib.closing(sqlite3.connect(f"{self.directory}/data/agentic.db")) as database:
            database.execute(statement)

    def drop(self):
        if self.engine == "postgres":
            self.drop_database()
        shutil.rmtree(self.directory, ignore_errors=True)


class Server:
    """One process of `agentic serve` on a free port."""

    def __init__(self, database, **environment):
        self.database, self.environment = database, environment
        self.process, self.port = None, 0
        self.log_path = database.directory / "server.log"

    def command(self, *arguments):
        return [BINARY, *arguments]

    def env(self):
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG") or name.endswith("SAN_OPTIONS")}
        return {**kept, "DATA_DIR": str(self.database.directory / "data"), "DATABASE_URL": self.database.url, "LOG_FORMAT": "json", **self.environment}

    def run(self, *arguments, **environment):
        """Another command of the program on the same configuration."""
        return subprocess.run(self.command(*arguments), cwd=self.database.directory, env={**self.env(), **environment}, capture_output=True, text=True, timeout=60)

    def start(self, *flags, wait=True):
        port_file = self.database.directory / "port"
        port_file.unlink(missing_ok=True)
        migrate = ["--migrate"] if self.database.engine == "postgres" else []
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command("serve", "--port", "0", "--port-file", str(port_file), *migrate, *flags),
                                            cwd=self.database.directory, env=self.env(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.await_ready(port_file)
        return self

    def await_ready(self, port_file):
        until = time.monotonic() + 5 * SLOW
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            if port_file.exists() and port_file.read_text().strip():
                self.port = int(port_file.read_text())
                if Client(self).get("/health/ready").status == 200:
                    return
            time.sleep(0.01)
        raise AssertionError(f"not ready in time:\n{self.log()}")

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self, event=None):
        lines = [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]
        return [line for line in lines if event is None or line["event"] == event]

    def stop(self, sig=signal.SIGTERM, timeout=30):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        code = self.process.wait(timeout)
        self.process = None
        return code

    def kill(self):
        self.stop(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    # ---- people -------------------------------------------------------------------------------------------------------------------------------

    def anonymous(self):
        return Client(self)

    def register(self, tenant=None, email=None):
        """A new tenant and its owner's client; `.session` is the answer of the registration."""
        name = uuid.uuid4().hex[:10]
        answer = Client(self).post("/v1/auth/register", {"tenant_name": tenant or f"Tenant {name}", "email": email or f"{name}@example.com", "password": PASSWORD})
        if answer.status != 201:
            raise AssertionError(f"register: {answer}")
        client = Client(self, answer.json["access_token"])
        client.session = answer.json
        return client

    def raw(self, data, timeout=20, ends=True):
        """Sends bytes as they are and returns what comes back until the server closes or is silent. A client that `ends` sends no more, as one that has gone."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as connection:
            received = b""
            try:
                connection.sendall(data)
                if ends:
                    connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server may answer and close before it has read everything
            try:
                while piece := connection.recv(65536):
                    received += piece
            except OSError:
                pass
            return received


class ServerTest(unittest.TestCase):
    """A suite with one server for all its tests. `environment` adds settings."""

    engine = "sqlite"
    environment = {}

    @classmethod
    def setUpClass(cls):
        if cls.engine == "postgres" and not POSTGRES_URL:
            raise unittest.SkipTest("AGENTIC_TEST_POSTGRES_URL is not set")
        cls.database = Database(cls.engine)
        cls.addClassCleanup(cls.database.drop)
        cls.server = Server(cls.database, **cls.environment).start()
        cls.addClassCleanup(cls._stop)

    @classmethod
    def _stop(cls):
        code = cls.server.stop()
        bad = [line for line in cls.server.log_lines() if line["level"] == "error" and line["event"] not in cls.expected_errors]
        if code not in (0, None) or bad or "Sanitizer" in cls.server.log():
            raise AssertionError(f"the server ended with {code}; errors {bad}\n{cls.server.log()[-4000:]}")

    expected_errors = ()  # events that a suite provokes

    def assertStatus(self, answer, status):
        self.assertEqual(answer.status, status, repr(answer))
        return answer

    def assertError(self, answer, status, code):
        self.assertStatus(answer, status)
        self.assertEqual(answer.json["error"]["code"], code, repr(answer))
        self.assertEqual(answer.json["detail"], answer.json["error"]["message"])
        self.assertEqual(answer.headers["X-Request-ID"], answer.json["error"]["request_id"])
        return answer

    def agent(self, client, **fields):
        """A new extractive agent's id."""
        slug = f"agent-{uuid.uuid4().hex[:8]}"
        body = {"name": "Librarian", "slug": slug, "model_provider": "extractive", "model_name": "extractive", **fields}
        return self.assertStatus(client.post("/v1/agents", body), 201).json["id"]


def on_both_databases(suite):
    """Runs the suite on SQLite and on PostgreSQL, as two classes of the caller's module."""
    module = sys.modules[suite.__module__]
    for engine in ("sqlite", "postgres"):
        name = f"{suite.__name__}On{engine.capitalize()}"
        setattr(module, name, type(name, (suite, ServerTest), {"engine": engine, "__module__": suite.__module__}))
    return suite


def main():
    unittest.main(verbosity=1)
