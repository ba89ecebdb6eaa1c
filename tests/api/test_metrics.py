#!/usr/bin/env python3
"""What Prometheus is told: true numbers, nothing of what was said, and only on the port that is meant for it."""
import re
import socket
import subprocess
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

from harness import PASSWORD, REPO, Client, Database, Server, ServerTest, main, on_both_databases, upload

CANARY = "canary-91c4"
DEPLOY = REPO / "deploy"
OPERATIONS = (REPO / "docs/operations.md").read_text()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Metrics:
    """Reads the metrics of a server."""

    def __init__(self):
        self.port = free_port()
        self.environment = {"METRICS_PORT": str(self.port)}

    def ask(self, method="GET", path="/metrics"):
        return Client(self).request(method, path)

    def text(self):
        return self.ask().body.decode()

    def families(self):
        return list(text_string_to_metric_families(self.text()))

    def value(self, name, **labels):
        """The sum over all samples that have these labels."""
        return sum(sample.value for family in self.families() for sample in family.samples
                   if sample.name == name and labels.items() <= sample.labels.items())


@on_both_databases
class Scraping:
    @classmethod
    def setUpClass(cls):
        cls.metrics = Metrics()
        cls.environment = {**cls.metrics.environment, "METRICS_TENANTS": "on"}
        super().setUpClass()

    def test_counts_what_was_done(self):
        value = self.metrics.value
        before = {name: value(name) for name in ("agentic_runs_total", "agentic_model_calls_total")}
        owner = self.server.register()
        tenant = owner.session["user"]["tenant_id"]
        agent = self.agent(owner)
        answer = self.assertStatus(owner.post(f"/v1/agents/{agent}/execute", {
            "input": f"What is {CANARY}?", "context": {"documents": [{"title": CANARY, "text": f"{CANARY} is a bird that warns."}]}}), 200).json
        usage = answer["token_usage"]
        for _ in range(3):
            self.assertStatus(owner.get(f"/v1/agents/{agent}?q={CANARY}"), 200)
        route = {"method": "GET", "route": "/v1/agents/{agent_id}"}
        self.assertEqual(value("agentic_http_requests_total", **route, status="200"), 3)
        self.assertEqual(value("agentic_http_request_duration_seconds_count", **route), 3)
        self.assertEqual(value("agentic_http_requests_total", route="/v1/agents", method="POST", status="201"), 1)
        self.assertEqual(value("agentic_runs_total", status="completed") - before["agentic_runs_total"], 1)
        self.assertEqual(value("agentic_model_calls_total", provider="extractive", outcome="ok") - before["agentic_model_calls_total"], 1)
        self.assertEqual(value("agentic_tenant_tokens_total", tenant_id=tenant, type="input"), usage["input_tokens"])
        self.assertEqual(value("agentic_tenant_tokens_total", tenant_id=tenant, type="output"), usage["output_tokens"])
        self.assertGreater(value("agentic_database_calls_total", outcome="ok"), 5)
        self.assertGreaterEqual(value("agentic_http_connections"), 0)
        self.assertEqual(value("agentic_runs_live"), 0)
        self.assertGreater(value("process_resident_memory_bytes"), 1 << 20)

    def test_counts_jobs_and_what_is_nowhere(self):
        value = self.metrics.value
        owner = self.server.register()
        collection = self.assertStatus(owner.post("/v1/rag/collections", {"name": "birds"}), 201).json["id"]
        self.assertStatus(upload(owner, collection, "bird.md", f"# {CANARY}\n\nIt warns.".encode()), 202)
        until = time.monotonic() + 30
        while value("agentic_jobs_total", kind="document_ingest", outcome="ok") == 0 and time.monotonic() < until:
            time.sleep(0.05)
        self.assertEqual(value("agentic_jobs_total", kind="document_ingest", outcome="ok"), 1)
        self.assertEqual(value("agentic_job_duration_seconds_count", kind="document_ingest"), 1)
        self.assertStatus(owner.get(f"/{CANARY}"), 404)
        self.assertGreaterEqual(value("agentic_http_requests_total", route="unmatched", status="404"), 1)

    def test_says_nothing_of_what_was_said(self):
        owner = self.server.register(tenant=CANARY, email=f"{CANARY}@example.com")
        agent = self.agent(owner, name=CANARY, slug=CANARY, model_name=CANARY)
        owner.post(f"/v1/agents/{agent}/execute", {"input": CANARY})
        self.assertStatus(owner.get(f"/v1/{CANARY}?{CANARY}", headers={"X-Request-ID": CANARY}), 404)
        text = self.metrics.text()
        self.assertNotIn(CANARY, text)
        self.assertNotIn(PASSWORD, text)
        self.assertNotIn(owner.token, text)

    def test_every_metric_is_documented(self):
        missing = [family.name for family in self.metrics.families() if f"`{family.name}" not in OPERATIONS]
        self.assertEqual(missing, [])

    def test_dashboard_and_alerts_ask_for_metrics_that_exist(self):
        for name in ("grafana.json", "alerts.yml"):
            asked = set(re.findall(r"\b(?:agentic|process)_[a-z_]+", (DEPLOY / name).read_text()))
            asked = {re.sub(r"_(bucket|count|sum)$", "", metric) for metric in asked}
            self.assertGreater(len(asked), 5)
            self.assertEqual({metric for metric in asked if f"`{metric}`" not in OPERATIONS}, set(), name)

    def test_is_text_that_prometheus_reads(self):
        answer = self.metrics.ask()
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        text = answer.body.decode()
        self.assertTrue(text.endswith("\n"))
        names = [family.name for family in text_string_to_metric_families(text)]
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(self.metrics.ask("HEAD").status, 200)

    def test_its_port_answers_nothing_else(self):
        self.assertEqual(self.metrics.ask("POST").status, 405)
        for path in ("/", "/v1/agents", "/health/ready", "/metrics/", "/docs"):
            self.assertEqual(self.metrics.ask(path=path).status, 404, path)

    def test_the_port_of_the_api_does_not_tell(self):
        self.assertStatus(self.server.anonymous().get("/metrics"), 404)


class Defaults(unittest.TestCase):
    def setUp(self):
        self.database = Database("sqlite")
        self.addCleanup(self.database.drop)

    def server(self, **environment):
        server = Server(self.database, **environment)
        self.addCleanup(server.kill)
        return server

    def test_without_a_port_nothing_is_told(self):
        server = self.server().start()
        listening = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len([line for line in listening if f"pid={server.process.pid}," in line]), 1)
        self.assertEqual(server.anonymous().get("/metrics").status, 404)

    def test_tenants_are_not_named_unless_asked(self):
        metrics = Metrics()
        server = self.server(**metrics.environment).start()
        owner = server.register()
        agent = owner.post("/v1/agents", {"name": "A", "slug": "a", "model_provider": "extractive", "model_name": "extractive"}).json["id"]
        self.assertEqual(owner.post(f"/v1/agents/{agent}/execute", {"input": "Who?"}).status, 200)
        self.assertEqual(metrics.value("agentic_runs_total"), 1)
        self.assertNotIn(owner.session["user"]["tenant_id"], metrics.text())
        self.assertEqual(server.stop(), 0)

    def test_faults_are_counted(self):
        metrics = Metrics()
        server = self.server(**metrics.environment).start()
        owner = server.register()
        self.database.break_agents()
        for _ in range(2):
            self.assertEqual(owner.get("/v1/agents").status, 500)
        self.assertEqual(metrics.value("agentic_log_errors_total", event="request_failed"), 2)
        self.assertEqual(metrics.value("agentic_http_requests_total", route="/v1/agents", status="500"), 2)
        self.assertGreaterEqual(metrics.value("agentic_database_calls_total", outcome="failed"), 2)

    def test_a_port_that_is_taken_is_said_at_the_start(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            server = self.server(METRICS_PORT=str(taken.getsockname()[1])).start(wait=False)
            self.assertNotEqual(server.process.wait(30), 0)
        self.assertIn("METRICS_PORT", server.log())


if __name__ == "__main__":
    main()
