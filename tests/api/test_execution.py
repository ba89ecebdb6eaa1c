#!/usr/bin/env python3
"""Running agents: answers, streams, follow-ups, background, and what is left after a crash."""
import time
import uuid

from harness import Client, main, on_both_databases

RESULT_FIELDS = {"run_id", "conversation_id", "message_id", "response", "tool_calls", "token_usage", "latency_ms", "created_at"}
USAGE_FIELDS = {"input_tokens", "output_tokens", "total_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens"}
DOCUMENTS = [{"title": "Opening hours", "text": "The shop opens at nine. The warehouse opens at seven on Saturday and stays closed on Sunday. Deliveries arrive at noon."}]
QUESTION = {"input": "When does the warehouse open on Saturday?", "context": {"documents": DOCUMENTS}}
ENDED = {"completed", "failed", "cancelled", "expired"}


@on_both_databases
class Execution:
    def setUp(self):
        self.client = self.server.register()
        self.librarian = self.agent(self.client)

    def execute(self, body=None, **more):
        return self.assertStatus(self.client.post(f"/v1/agents/{self.librarian}/execute", {**QUESTION, **(body or {})}, **more), 200).json

    def await_run(self, run_id):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            run = self.assertStatus(self.client.get(f"/v1/runs/{run_id}"), 200).json
            if run["status"] in ENDED:
                return run
            time.sleep(0.05)
        self.fail(f"run {run_id} did not end: {run}")

    def test_the_specifications_flow(self):
        session = self.assertStatus(self.server.anonymous().post(
            "/v1/auth/login", {"email": self.client.session["user"]["email"], "password": "correct horse battery staple"}), 200).json
        bearer = Client(self.server, session["access_token"])
        agent = self.agent(bearer, temperature=0.7, max_tokens=1000)
        answer = self.assertStatus(bearer.post(f"/v1/agents/{agent}/execute", QUESTION), 200).json
        self.assertLessEqual(RESULT_FIELDS, set(answer))
        self.assertEqual(USAGE_FIELDS, set(answer["token_usage"]))
        self.assertIn("seven on Saturday", answer["response"])
        self.assertEqual(answer["tool_calls"], [])
        self.assertEqual(answer["citations"][0]["title"], "Opening hours")
        self.assertGreaterEqual(answer["latency_ms"], 0)

    def test_the_answer_is_deterministic(self):
        self.assertEqual(self.execute()["response"], self.execute()["response"])

    def test_a_follow_up_remembers(self):
        first = self.execute()
        second = self.assertStatus(self.client.post(f"/v1/agents/{self.librarian}/execute",
                                                    {"input": "And is it open on Sunday?", "conversation_id": first["conversation_id"]}), 200).json
        self.assertEqual(second["conversation_id"], first["conversation_id"])
        messages = self.client.get(f"/v1/conversations/{first['conversation_id']}/messages").json["data"]
        self.assertEqual([message["role"] for message in messages], ["user", "assistant", "user", "assistant"])
        numbers = [message["sequence_number"] for message in messages]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 4)))
        self.assertEqual(messages[1]["content"], first["response"])

    def stream(self):
        with self.client.stream("POST", f"/v1/agents/{self.librarian}/execute", {**QUESTION, "stream": True}) as stream:
            self.assertEqual(stream.status, 200)
            self.assertTrue(stream.headers["Content-Type"].startswith("text/event-stream"))
            return list(stream)

    def test_a_stream_tells_the_same_story(self):
        events = self.stream()
        names = [event.name for event in events]
        self.assertEqual((names[0], names[-1]), ("run_started", "complete"))
        self.assertLessEqual(RESULT_FIELDS, set(events[-1].data))
        self.assertEqual("".join(event.data["content"] for event in events if event.name == "token"), events[-1].data["response"])
        self.assertEqual([event.id for event in events], sorted({event.id for event in events}))

    def test_a_stream_can_be_rejoined_anywhere(self):
        events = self.stream()
        run = events[-1].data["run_id"]
        for after in range(len(events)):
            with self.client.stream("GET", f"/v1/runs/{run}/events", headers={"Last-Event-ID": str(events[after].id)}) as stream:
                self.assertEqual(list(stream), events[after + 1:], f"after {events[after].id}")
        with self.client.stream("GET", f"/v1/runs/{run}/events?after=0") as stream:
            self.assertEqual(list(stream), events)

    def test_a_client_that_hangs_up_does_not_end_the_run(self):
        with self.client.stream("POST", f"/v1/agents/{self.librarian}/execute", {**QUESTION, "stream": True}) as stream:
            run = next(iter(stream)).data["run_id"]
        self.assertEqual(self.await_run(run)["status"], "completed")

    def test_background_answers_at_once(self):
        answer = self.assertStatus(self.client.post(f"/v1/agents/{self.librarian}/execute", {**QUESTION, "background": True}), 202).json
        self.assertLessEqual({"run_id", "status"}, set(answer))
        self.assertEqual(self.await_run(answer["run_id"])["status"], "completed")

    def test_events_survive_a_restart(self):
        events = self.stream()
        self.server.restart()
        with self.client.stream("GET", f"/v1/runs/{events[-1].data['run_id']}/events?after=0") as stream:
            self.assertEqual(list(stream), events)

    def test_answers_survive_a_kill(self):
        answer = self.execute()
        self.server.kill()
        self.server.start()
        messages = self.client.get(f"/v1/conversations/{answer['conversation_id']}/messages").json["data"]
        self.assertEqual([message["content"] for message in messages], [QUESTION["input"], answer["response"]])

    def test_accepted_runs_end_after_a_kill(self):
        accepted = [self.assertStatus(self.client.post(f"/v1/agents/{self.librarian}/execute", {**QUESTION, "background": True}), 202).json["run_id"] for _ in range(10)]
        self.server.kill()
        self.server.start()
        for run in accepted:
            self.assertIn(self.await_run(run)["status"], ENDED)

    def test_conversations_are_listed_and_shown(self):
        answer = self.execute()
        listed = self.assertStatus(self.client.get(f"/v1/conversations?agent_id={self.librarian}"), 200).json
        self.assertEqual([conversation["id"] for conversation in listed["data"]], [answer["conversation_id"]])
        self.assertStatus(self.client.get(f"/v1/conversations/{answer['conversation_id']}"), 200)

    def test_a_foreign_agent_cannot_be_run(self):
        other = self.server.register()
        self.assertError(other.post(f"/v1/agents/{self.librarian}/execute", QUESTION), 404, "not_found")
        answer = self.execute()
        for path in (f"/v1/runs/{answer['run_id']}", f"/v1/runs/{answer['run_id']}/events", f"/v1/conversations/{answer['conversation_id']}",
                     f"/v1/conversations/{answer['conversation_id']}/messages"):
            self.assertError(other.get(path), 404, "not_found")

    def test_an_unknown_conversation_is_refused(self):
        self.assertError(self.client.post(f"/v1/agents/{self.librarian}/execute", {**QUESTION, "conversation_id": str(uuid.uuid4())}), 404, "not_found")

    def test_an_empty_input_is_refused(self):
        answer = self.assertError(self.client.post(f"/v1/agents/{self.librarian}/execute", {"input": ""}), 422, "validation_error")
        self.assertEqual(answer.fields, ["input"])


if __name__ == "__main__":
    main()
