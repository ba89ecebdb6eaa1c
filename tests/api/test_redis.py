#!/usr/bin/env python3
"""Servers that share a Redis, over the real program: what one has embedded the other finds; without Redis everything goes on."""
import pathlib
import shutil
import sys
import time
import unittest

from harness import POSTGRES_URL, Client, Database, Server, main

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from redis_server import RedisServer  # noqa: E402
from scripted_embeddings import DIMENSIONS, EmbeddingServer  # noqa: E402

PASSWORD = "hunter2-hunter2"


class SharedEmbeddings(unittest.TestCase):
    def setUp(self):
        self.assertTrue(POSTGRES_URL, "run it under scripts/test_postgres.sh")
        self.model = EmbeddingServer()
        self.addCleanup(self.model.close)
        self.redis = RedisServer(PASSWORD)
        self.addCleanup(self.redis.close)
        self.environment = {**self.model.environment(), "REDIS_URL": self.redis.url, "JWT_SECRET": "pZ6uWq1XoC4tMv8LyBn3RkHs7JdGe_2F"}
        self.database = Database("postgres")
        self.addCleanup(self.database.drop)

    def server(self, database=None, **environment):
        server = Server(database or self.database, **{**self.environment, **environment})
        self.addCleanup(server.kill)
        return server.start()

    def another(self):
        """A second server on the same rows, with a directory of its own."""
        second = Database("sqlite")
        self.addCleanup(shutil.rmtree, second.directory, ignore_errors=True)
        second.engine, second.url = "postgres", self.database.url
        return self.server(second)

    def checks(self, server):
        answer = Client(server).get("/readyz?verbose")
        return answer.status, answer.json["status"], {check["name"]: check["ok"] for check in answer.json["checks"]}

    def await_redis(self, server, ok):
        until = time.monotonic() + 30
        while (state := self.checks(server))[2]["redis"] != ok:
            self.assertEqual(state[:2], (200, "ready"))
            self.assertLess(time.monotonic(), until, server.log())
            time.sleep(0.02)
        self.assertEqual(state[:2], (200, "ready"))

    def ask(self, server, client, collection, query):
        """How often the model was asked for it."""
        before = self.model.requests
        answer = Client(server, client.token).post("/v1/rag/query", {"query": query, "collection_id": collection})
        self.assertEqual(answer.status, 200, repr(answer))
        return self.model.requests - before

    def collection(self, client):
        answer = client.post("/v1/rag/collections", {"name": "shared", "embedding_model": "scripted"})
        self.assertEqual(answer.status, 201, repr(answer))
        return answer.json["id"]

    def await_keys(self, number):
        until = time.monotonic() + 20
        while self.redis.cli("DBSIZE") != str(number):
            self.assertLess(time.monotonic(), until, self.redis.cli("DBSIZE"))
            time.sleep(0.02)

    def test_what_one_server_has_embedded_the_other_finds(self):
        first, second = self.server(), self.another()
        self.await_redis(first, True)
        self.await_redis(second, True)
        owner, stranger = first.register(), first.register()
        theirs, others = self.collection(owner), self.collection(stranger)
        self.assertEqual(self.ask(first, owner, theirs, "automobile"), 1)
        self.await_keys(1)
        key = self.redis.cli("KEYS", "*")
        self.assertTrue(key.startswith(f"agentic:embedding:1:{owner.get('/v1/auth/me').json['tenant_id']}:"), key)
        self.assertEqual(self.redis.cli("STRLEN", key), str(4 * DIMENSIONS))
        self.assertTrue(7 * 86400 - 100 < int(self.redis.cli("TTL", key)) <= 7 * 86400)
        self.assertEqual(self.ask(second, owner, theirs, "automobile"), 0)
        self.assertEqual(self.ask(second, stranger, others, "automobile"), 1, "another tenant's entry was used")
        self.assertFalse(PASSWORD in first.log() + second.log())

    def test_redis_may_die_and_come_back(self):
        server = self.server()
        self.await_redis(server, True)
        owner = server.register()
        collection = self.collection(owner)
        self.assertEqual(self.ask(server, owner, collection, "automobile"), 1)
        self.redis.kill()
        self.await_redis(server, False)
        self.assertEqual(self.ask(server, owner, collection, "doctor"), 1)
        self.assertEqual(self.ask(server, owner, collection, "automobile"), 0, "the cache in memory is there")
        self.redis.start()
        self.await_redis(server, True)
        self.assertEqual(self.ask(server, owner, collection, "bread"), 1)
        self.await_keys(1)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(len(server.log_lines("redis_unusable")), 1, server.log())

    def test_the_server_starts_without_its_redis(self):
        self.redis.kill()
        server = self.server()
        self.assertEqual(self.checks(server), (200, "ready", {"started": True, "accepting": True, "database": True, "redis": False}))
        self.assertEqual(server.stop(), 0)

    def test_a_url_that_is_none_is_refused(self):
        refused = Server(self.database, **self.environment).run("config", "check", REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:99999")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("REDIS_URL", refused.stdout + refused.stderr)
        self.assertNotIn(PASSWORD, refused.stdout + refused.stderr)


if __name__ == "__main__":
    main()
