#!/usr/bin/env python3
"""Runs on scripted Anthropic and OpenAI servers: what they are sent, what their failures become, cancelling, draining and crashing in mid-answer."""
import json
import subprocess
import sys
import time
import unittest
import urllib.request

from harness import REPO, Client, Database, Server, main, on_both_databases

ENDED = {"completed", "failed", "cancelled", "expired"}
SLOW = {"pieces": [f"{n} " for n in range(40)], "delay_ms": 50}


class ScriptedModel:
    """tests/support/scripted_llm.py in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, str(REPO / "tests/support/scripted_llm.py")], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().rsplit(":", 1)[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=json.dumps(body).encode() if body is not None else None)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.read()

    def script(self, *rules):
        self.call("POST", "/__reset")
        self.call("POST", "/__script", {"rules": list(rules)})

    def seen(self):
        return json.loads(self.call("GET", "/__requests"))

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@on_both_databases
class Models:
    expected_errors = ("request_failed",)

    @classmethod
    def setUpClass(cls):
        cls.model = ScriptedModel()
        cls.addClassCleanup(cls.model.stop)
        cls.environment = {"ANTHROPIC_API_KEY": "sk-ant-scripted", "ANTHROPIC_BASE_URL": cls.model.url, "OPENAI_COMPATIBLE_BASE_URL": cls.model.url + "/v1",
                           "OPENAI_COMPATIBLE_API_KEY": "sk-scripted", "OUTBOUND_ALLOW": f"127.0.0.1:{cls.model.port}"}
        super().setUpClass()

    def setUp(self):
        self.model.script()
        if self.server.process is None:  # an earlier test failed while it was down
            self.server.start()
        self.client = self.server.register()
        self.writer = self.agent(self.client, model_provider="anthropic", model_name="claude-haiku-4-5", temperature=0, system_prompt="Be brief.")

    def execute(self, agent=None, client=None, **body):
        return (client or self.client).post(f"/v1/agents/{agent or self.writer}/execute", {"input": "Say hello", **body})

    def background(self, **body):
        return self.assertStatus(self.execute(background=True, **body), 202).json["run_id"]

    def await_run(self, run_id, wanted=ENDED):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            run = self.assertStatus(self.client.get(f"/v1/runs/{run_id}"), 200).json
            if run["status"] in wanted:
                return run
            time.sleep(0.05)
        self.fail(f"run {run_id} did not become {wanted}: {run}")

    def await_upstream(self, matches):
        until = time.monotonic() + 20
        while not matches(self.model.seen()):
            self.assertLess(time.monotonic(), until, f"the scripted model never saw it: {self.model.seen()}\n{self.server.log()[-3000:]}")
            time.sleep(0.05)

    def test_the_model_is_sent_what_the_agent_says(self):
        answer = self.assertStatus(self.execute(), 200).json
        self.assertEqual(answer["response"], "You said: Say hello (turn 1)")
        self.assertGreater(answer["cost_micros"], 0)
        sent = self.model.seen()["requests"][-1]
        self.assertEqual((sent["body"]["model"], sent["headers"]["anthropic-version"]), ("claude-haiku-4-5", "2026-10-21"))
        self.assertIn("Be brief.", json.dumps(sent["body"]["system"]))
        self.assertNotIn("temperature", sent["body"])  # this version of the API takes it for no model

    def test_the_history_reaches_the_model(self):
        first = self.assertStatus(self.execute(), 200).json
        second = self.assertStatus(self.execute(conversation_id=first["conversation_id"]), 200).json
        self.assertIn("(turn 2)", second["response"])

    def test_a_compatible_server_answers(self):
        agent = self.agent(self.client, model_provider="openai_compatible", model_name="local", temperature=0)
        self.assertEqual(self.assertStatus(self.execute(agent), 200).json["response"], "You said: Say hello (turn 1)")
        self.assertEqual(self.model.seen()["requests"][-1]["body"]["temperature"], 0)  # zero is a value

    def test_a_missing_key_is_named(self):
        agent = self.agent(self.client, model_provider="openai", model_name="gpt-5.4")
        answer = self.assertError(self.execute(agent), 503, "unavailable")
        self.assertIn("OPENAI_API_KEY", answer.json["detail"])

    def test_a_failing_model_is_a_502_and_the_users_message_stays(self):
        self.model.script({"status": 401, "error": {"type": "authentication_error", "message": "no"}})
        self.assertError(self.execute(), 502, "upstream_error")
        conversations = self.client.get("/v1/conversations").json["data"]
        messages = self.client.get(f"/v1/conversations/{conversations[0]['id']}/messages").json["data"]
        self.assertEqual([(message["role"], message["content"]) for message in messages], [("user", "Say hello")])
        self.assertEqual([run["status"] for run in self.client.get("/v1/runs").json["data"]], ["failed"])

    def test_a_request_that_the_provider_refuses_is_a_400(self):
        self.model.script({"status": 400, "error": {"type": "invalid_request_error", "message": "no"}})
        answer = self.assertError(self.execute(), 400, "bad_request")
        self.assertEqual(answer.json["detail"], "The model provider refused the request: no")

    def test_a_gateway_that_times_out_is_asked_again(self):
        self.model.script({"status": 504, "times": 1})
        self.assertEqual(self.assertStatus(self.execute(), 200).json["response"], "You said: Say hello (turn 1)")

    def test_an_overloaded_model_is_asked_again(self):
        self.model.script({"status": 529, "times": 1})
        self.assertEqual(self.assertStatus(self.execute(), 200).json["response"], "You said: Say hello (turn 1)")

    def test_cancelling_closes_the_upstream(self):
        self.model.script({"pieces": ["on and "], "endless": True, "delay_ms": 20})
        run = self.background()
        self.await_upstream(lambda seen: seen["count"] == 1)
        cancelled = self.assertStatus(self.client.post(f"/v1/runs/{run}/cancel"), 200).json
        self.assertEqual(cancelled["status"], "cancelled")
        self.assertGreater(cancelled["token_usage"]["input_tokens"], 0)  # the provider bills for it
        self.assertGreater(cancelled["cost_micros"], 0)
        self.await_upstream(lambda seen: seen["requests"][0]["disconnected"])

    def test_a_stream_that_is_left_can_be_joined_while_it_goes_on(self):
        self.model.script(SLOW)
        with self.client.stream("POST", f"/v1/agents/{self.writer}/execute", {"input": "Count", "stream": True}) as stream:
            events = [event for _, event in zip(range(5), stream)]
        with self.client.stream("GET", f"/v1/runs/{events[0].data['run_id']}/events", headers={"Last-Event-ID": str(events[-1].id)}) as stream:
            events += list(stream)
        self.assertEqual("".join(event.data["content"] for event in events if event.name == "token"), "".join(SLOW["pieces"]))
        self.assertEqual(events[-1].name, "complete")

    def test_a_drained_server_finishes_what_it_can(self):
        self.model.script(SLOW)
        run = self.background()
        self.await_upstream(lambda seen: seen["count"] == 1)
        self.assertEqual(self.server.stop(), 0)
        self.server.start()
        self.assertEqual(self.await_run(run)["status"], "completed")
        self.assertEqual(self.model.seen()["count"], 1)

    def test_a_short_drain_leaves_the_rest_to_the_next_process(self):
        self.model.script({**SLOW, "delay_ms": 500, "times": 1})
        self.server.stop()
        hasty = Server(self.database, **self.environment, SHUTDOWN_SECONDS="1").start()
        self.client.server = hasty
        run = self.background()
        self.await_upstream(lambda seen: seen["count"] == 1)
        self.assertEqual(hasty.stop(), 0)
        self.server.start()
        self.client.server = self.server
        self.assertEqual(self.await_run(run)["status"], "completed")
        self.assertEqual(self.model.seen()["count"], 2)

    def test_a_killed_server_continues_its_runs(self):
        self.model.script({**SLOW, "delay_ms": 500, "times": 1})
        run = self.background()
        self.await_upstream(lambda seen: seen["count"] == 1)
        self.server.kill()
        self.server.start()
        ended = self.await_run(run)
        self.assertEqual(ended["status"], "completed", ended)
        messages = self.client.get(f"/v1/conversations/{ended['conversation_id']}/messages").json["data"]
        self.assertEqual([message["role"] for message in messages], ["user", "assistant"])


class ForbiddenNetwork(unittest.TestCase):
    """Without OUTBOUND_ALLOW nothing on this machine can be reached, whatever the operator wrote into a base URL."""

    def test_a_private_model_server_is_not_called(self):
        model, database = ScriptedModel(), Database("sqlite")
        self.addCleanup(model.stop)
        self.addCleanup(database.drop)
        server = Server(database, ANTHROPIC_API_KEY="sk-ant-scripted", ANTHROPIC_BASE_URL=model.url).start()
        self.addCleanup(server.stop)
        client = server.register()
        agent = client.post("/v1/agents", {"name": "A", "slug": "a", "model_provider": "anthropic", "model_name": "claude-haiku-4-5"}).json["id"]
        answer = client.post(f"/v1/agents/{agent}/execute", {"input": "Say hello"})
        self.assertEqual((answer.status, answer.json["error"]["code"]), (403, "forbidden"), repr(answer))
        self.assertEqual(model.seen()["count"], 0)


if __name__ == "__main__":
    main()
