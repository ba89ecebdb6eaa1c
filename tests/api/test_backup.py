#!/usr/bin/env python3
"""docs/operations.md, "Backup and restore", carried out as it is written: back up a server while it is written to, restore elsewhere, look for everything that was acknowledged before.

The shell blocks of that section are run, not copies of them. On PostgreSQL the server's role is no superuser: it may create roles and owns its database, as the page says.
"""
import os
import re
import subprocess
import threading
import unittest
import uuid

from harness import POSTGRES_URL, REPO, Client, Database, Server, main, multipart

LINES = "The pump room is behind the mill. Note {name} says that valve {name} stays closed.\n"


def documented(number):
    """The number-th shell block of the section: SQLite's backup and restore, PostgreSQL's backup and restore."""
    page = (REPO / "docs/operations.md").read_text()
    section = page[page.index("## Backup and restore"):]
    blocks = re.findall(r"^```bash\n(.*?)^```$", section[:section.index("\n## ")], re.M | re.S)
    assert len(blocks) == 4, blocks
    return blocks[number]


class OwnedDatabase(Database):
    """A database whose owner is a plain role with CREATEROLE."""

    def _create_postgres(self):
        url = super()._create_postgres()
        self.owner = f"owner_{self.name}"
        self._psql(f"CREATE ROLE {self.owner} LOGIN CREATEROLE")
        self._psql(f"ALTER DATABASE {self.name} OWNER TO {self.owner}")
        return url.replace("user=postgres", f"user={self.owner}")


class Writer(threading.Thread):
    """Uploads documents and asks questions until it is stopped; remembers what was acknowledged, in order."""

    def __init__(self, client, agent, collection):
        super().__init__()
        self.client, self.agent, self.collection = client, agent, collection
        self.stop, self.documents, self.messages = threading.Event(), [], []

    def run(self):
        while not self.stop.is_set():
            name = uuid.uuid4().hex[:8]
            content_type, body = multipart([("file", f"{name}.txt", "text/plain", LINES.format(name=name).encode())])
            answer = self.client.post(f"/v1/rag/collections/{self.collection}/documents", raw=body, headers={"Content-Type": content_type})
            if answer.status == 202:
                self.documents.append((answer.json["document_id"], LINES.format(name=name)))
            answer = self.client.post(f"/v1/agents/{self.agent}/execute", {"input": f"question {name}"})
            if answer.status == 200:
                self.messages.append((answer.json["conversation_id"], f"question {name}"))

    def wait_for(self, count):
        while len(self.messages) < count or len(self.documents) < count:
            if not self.is_alive():
                raise AssertionError("the writer has died")
            self.stop.wait(0.01)


class Backup:
    engine, first_block = "", 0

    def run_block(self, number, database, backup):
        environment = {**os.environ, "DATA_DIR": str(database.directory / "data"), "BACKUP": str(backup), "DATABASE_URL": database.url}
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", documented(number)], env=environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def database(self):
        database = OwnedDatabase(self.engine)
        self.addCleanup(database.drop)
        return database

    def server(self, database):
        server = Server(database).start()
        self.addCleanup(server.stop)
        return server

    def before_restoring(self, source, target):
        """SQLite restores into a directory; nothing has to be there."""

    def test_what_was_acknowledged_before_is_there_after(self):
        source = self.database()
        server = self.server(source)
        client = server.register(email="ada@example.com")
        agent = client.post("/v1/agents", {"name": "Librarian", "slug": "librarian", "model_provider": "extractive"}).json["id"]
        collection = client.post("/v1/rag/collections", {"name": "handbook", "chunking": "sentence"}).json["id"]
        writers = [Writer(Client(server, client.token), agent, collection) for _ in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.wait_for(5)
        documents = [document for writer in writers for document in list(writer.documents)]
        messages = [message for writer in writers for message in list(writer.messages)]
        backup = source.directory / "backup"
        self.run_block(self.first_block, source, backup)
        for writer in writers:
            writer.wait_for(len(documents) // 3 + 5)     # it was written to all the time
            writer.stop.set()
        for writer in writers:
            writer.join()
        server.stop()

        target = self.database()
        self.before_restoring(source, target)
        self.run_block(self.first_block + 1, target, backup)
        restored = Client(self.server(target), client.token)    # signed in as before: the secret came along
        self.assertEqual(restored.get(f"/v1/agents/{agent}").json["slug"], "librarian")
        for document, text in documents:
            answer = restored.get(f"/v1/rag/documents/{document}/content?form=original")
            self.assertEqual((answer.status, answer.body.decode()), (200, text))
        for conversation, question in messages:
            said = restored.get(f"/v1/conversations/{conversation}/messages").json["data"]
            self.assertIn(question, [message["content"] for message in said])
        answer = restored.post("/v1/agents", {"name": "New", "slug": "new", "model_provider": "extractive"})
        self.assertEqual(answer.status, 201, repr(answer))
        self.assertEqual(restored.get("/v1/agents").json["pagination"]["total"], 2)


class BackupOnSqlite(Backup, unittest.TestCase):
    engine, first_block = "sqlite", 0


class BackupOnPostgres(Backup, unittest.TestCase):
    engine, first_block = "postgres", 2

    @classmethod
    def setUpClass(cls):
        if not POSTGRES_URL:
            raise unittest.SkipTest("AGENTIC_TEST_POSTGRES_URL is not set")

    def before_restoring(self, source, target):
        """As on another cluster: the application's role is not there. The suite's own cluster has it from the first server only."""
        source.drop_database()
        target._psql("DROP ROLE agentic_app")


if __name__ == "__main__":
    main()
