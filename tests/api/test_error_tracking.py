#!/usr/bin/env python3
"""Errors reach the Sentry project of SENTRY_DSN: with what finds them again, without what was said, and without holding anybody up."""
import pathlib
import sys
import time
import unittest

from harness import POSTGRES_URL, Client, Database, Server, main

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from sentry_server import SentryServer  # noqa: E402

CANARY = "canary-7f3a"


class ErrorTracking(unittest.TestCase):
    def setUp(self):
        self.sentry = SentryServer()
        self.addCleanup(self.sentry.close)

    def server(self, engine="sqlite", **environment):
        self.database = Database(engine)
        self.addCleanup(self.database.drop)
        server = Server(self.database, **{"SENTRY_DSN": self.sentry.dsn, "OUTBOUND_ALLOW": f"127.0.0.1:{self.sentry.port}", **environment})
        self.addCleanup(server.kill)
        return server.start()

    def events(self, count=1):
        until = time.monotonic() + 20
        while len(self.sentry.events) < count and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(self.sentry.problems, [])
        return list(self.sentry.events)

    def await_unreachable(self, server):
        until = time.monotonic() + 20
        while "sentry_unreachable" not in server.log():
            self.assertLess(time.monotonic(), until, server.log())
            time.sleep(0.02)

    def check_a_fault_is_reported(self, engine):
        server = self.server(engine, ENVIRONMENT="staging")
        owner = server.register()
        self.assertEqual(owner.get("/v1/agents/00000000-0000-4000-8000-000000000000").status, 404)
        self.database.break_agents()
        answer = owner.get(f"/v1/agents/00000000-0000-4000-8000-000000000001?q={CANARY}", headers={"X-Secret": CANARY})
        self.assertEqual(answer.status, 500, repr(answer))
        event = self.events()[0]
        self.assertEqual(event["exception"]["values"][0]["type"], "request_failed")
        self.assertEqual(event["tags"]["request_id"], answer.headers["x-request-id"])
        self.assertEqual(event["tags"]["route"], "/v1/agents/{agent_id}")
        self.assertEqual(event["transaction"], "GET /v1/agents/{agent_id}")
        self.assertTrue(event["tags"]["tenant_id"])
        self.assertEqual(event["environment"], "staging")
        self.assertTrue(event["release"].startswith("agentic@"))
        self.assertIn("agents", event["extra"]["context"])
        self.assertNotIn(CANARY, str(event))
        self.assertNotIn(owner.token, str(event))
        time.sleep(0.3)
        self.assertEqual(len(self.sentry.events), 1, "a 404 is no error of ours, and an error is reported once")

    def test_a_fault_is_reported_with_what_finds_it_again(self):
        self.check_a_fault_is_reported("sqlite")

    def test_a_fault_is_reported_on_postgresql(self):
        self.assertTrue(POSTGRES_URL, "run it under scripts/test_postgres.sh")
        self.check_a_fault_is_reported("postgres")

    def test_what_waits_is_sent_before_the_end(self):
        server = self.server()
        owner = server.register()
        self.database.break_agents()
        for _ in range(20):
            self.assertEqual(owner.get("/v1/agents").status, 500)
        server.stop()
        self.assertEqual(len(self.events(20)), 20)

    def test_without_the_server_everything_goes_on(self):
        server = self.server()
        owner = server.register()
        self.sentry.close()
        self.database.break_agents()
        for _ in range(3):
            self.assertEqual(owner.get("/v1/agents").status, 500)
        self.await_unreachable(server)
        self.assertEqual(Client(server).get("/readyz").status, 200)
        self.assertEqual(server.log().count("sentry_unreachable"), 1, "said once")

    def test_a_private_address_has_to_be_allowed(self):
        server = self.server(OUTBOUND_ALLOW="")
        owner = server.register()
        self.database.break_agents()
        self.assertEqual(owner.get("/v1/agents").status, 500)
        self.await_unreachable(server)
        self.assertEqual(self.sentry.events, [])


if __name__ == "__main__":
    main()
