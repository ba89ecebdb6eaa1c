#!/usr/bin/env python3
"""Idempotency-Key: a request that comes again is carried out once, whatever happened to the answer of the first."""
import collections
import http.client
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from harness import Client, main, on_both_databases, upload

QUESTION = {"input": "When does the warehouse open?", "context": {"documents": [{"title": "Hours", "text": "The warehouse opens at seven. The shop opens at nine."}]}}
REPLAYED = "Idempotency-Replayed"


def new_key():
    return {"Idempotency-Key": uuid.uuid4().hex}


@on_both_databases
class Idempotency:
    expected_errors = ("request_failed",)   # an agent of a provider without a key

    def setUp(self):
        self.client = self.server.register()
        self.librarian = self.agent(self.client)
        self.path = f"/v1/agents/{self.librarian}/execute"

    def total(self, path):
        return self.assertStatus(self.client.get(path), 200).json["pagination"]["total"]

    def conversation(self, key, client=None, **fields):
        return (client or self.client).post("/v1/conversations", {"agent_id": self.librarian, **fields}, headers=key)

    def assertReplays(self, again, first):
        self.assertEqual((again.status, again.body, again.headers[REPLAYED]), (first.status, first.body, "true"), f"{first} / {again}")

    def test_the_first_answer_is_given_again(self):
        key = new_key()
        first = self.assertStatus(self.conversation(key, title="Once"), 201)
        self.assertIsNone(first.headers[REPLAYED])
        self.assertReplays(self.conversation(key, title="Once"), first)
        self.server.restart()
        self.assertReplays(self.conversation({"Idempotency-Key": f'"{key["Idempotency-Key"]}"'}, title="Once"), first)   # a structured-field string
        self.assertEqual(self.total("/v1/conversations"), 1)

    def test_a_refusal_is_given_again_and_a_failure_is_not(self):
        body = {"name": "Twin", "slug": f"twin-{uuid.uuid4().hex[:8]}", "model_provider": "extractive", "model_name": "extractive"}
        self.assertStatus(self.client.post("/v1/agents", body), 201)
        key = new_key()
        first = self.assertError(self.client.post("/v1/agents", body, headers=key), 409, "conflict")
        self.assertReplays(self.client.post("/v1/agents", body, headers=key), first)
        remote = self.agent(self.client, model_provider="anthropic", model_name="claude-sonnet-5-5")   # there is no key for it
        for _ in range(2):
            self.assertIsNone(self.assertStatus(self.client.post(f"/v1/agents/{remote}/execute", QUESTION, headers=key), 503).headers[REPLAYED])

    def test_another_request_with_the_key_is_refused(self):
        key = new_key()
        self.assertStatus(self.conversation(key, title="One"), 201)
        answer = self.assertError(self.conversation(key, title="Two"), 422, "validation_error")
        self.assertEqual(answer.fields, ["Idempotency-Key"])

    def test_keys_belong_to_one_user_and_one_operation(self):
        key = new_key()
        self.assertStatus(self.conversation(key), 201)
        self.assertIsNone(self.assertStatus(self.client.post(self.path, QUESTION, headers=key), 200).headers[REPLAYED])
        stranger = self.server.register()
        self.assertError(self.conversation(key, stranger), 404, "not_found")   # of the agent: nothing of the other tenant's answer
        email = f"{uuid.uuid4().hex[:10]}@example.com"
        self.assertStatus(self.client.post("/v1/users", {"email": email, "password": "correct horse battery staple", "role": "admin"}), 201)
        session = self.assertStatus(self.server.anonymous().post("/v1/auth/login", {"email": email, "password": "correct horse battery staple"}), 200).json
        self.assertIsNone(self.assertStatus(self.conversation(key, Client(self.server, session["access_token"])), 201).headers[REPLAYED])

    def test_an_api_key_is_its_user(self):
        made = self.assertStatus(self.client.post("/v1/api-keys", {"name": "CI", "scopes": ["agents:execute"]}), 201).json["key"]
        key = new_key()
        first = self.assertStatus(self.client.post(self.path, QUESTION, headers=key), 200)
        self.assertReplays(Client(self.server, made).post(self.path, QUESTION, headers=key), first)

    def test_what_is_no_key_is_refused(self):
        for bad in ("", '""', "x" * 256, "caf\u00e9", 'a"b'):
            self.assertError(self.conversation({"Idempotency-Key": bad}), 400, "bad_request")

    def test_a_run_is_started_once(self):
        key = new_key()
        first = self.assertStatus(self.client.post(self.path, QUESTION, headers=key), 200)
        again = self.client.post(self.path, QUESTION, headers=key)
        self.assertReplays(again, first)
        self.assertEqual(again.headers["X-Run-ID"], first.headers["X-Run-ID"])
        self.assertEqual(self.total("/v1/runs"), 1)

    def test_a_run_in_the_background_and_as_a_stream(self):
        key, body = new_key(), {**QUESTION, "background": True}
        first = self.assertStatus(self.client.post(self.path, body, headers=key), 202)
        again = self.assertStatus(self.client.post(self.path, body, headers=key), 202)
        self.assertEqual((again.json["run_id"], again.headers[REPLAYED]), (first.json["run_id"], "true"))
        key, told = new_key(), []
        for _ in range(2):
            with self.client.stream("POST", self.path, {**QUESTION, "stream": True}, headers=key) as stream:
                told.append(list(stream))
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0][-1].name, "complete")
        self.assertEqual(self.total("/v1/runs"), 2)

    def test_many_at_once_are_one(self):
        key = new_key()
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.client.post(self.path, QUESTION, headers=key), range(32)))
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(200, answers[0].body)})
        self.assertEqual([answer.headers[REPLAYED] for answer in answers].count(None), 1)
        self.assertEqual(self.total("/v1/runs"), 1)
        key = new_key()
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.conversation(key, title="Together"), range(32)))
        self.assertEqual({(answer.status, answer.body) for answer in answers}, {(201, answers[0].body)})
        self.assertEqual(self.total("/v1/conversations"), 2)

    def test_a_secret_is_not_kept(self):
        key, body = new_key(), {"name": "CI", "scopes": ["agents:read"]}
        made = self.assertStatus(self.client.post("/v1/api-keys", body, headers=key), 201).json
        answer = self.assertError(self.client.post("/v1/api-keys", body, headers=key), 409, "conflict")
        self.assertNotIn(made["key"].encode(), answer.body)
        self.assertEqual(self.total("/v1/api-keys"), 1)
        if self.engine == "sqlite":
            stored = b"".join(path.read_bytes() for path in (self.database.directory / "data").glob("*.db*"))
            self.assertIn(key["Idempotency-Key"].encode(), stored)   # the right files
            self.assertNotIn(made["key"].encode(), stored)

    def test_searches_take_no_notice(self):
        key = new_key()
        collection = self.assertStatus(self.client.post("/v1/rag/collections", {"name": "c"}, headers=key), 201).json["id"]
        for query in ("one", "two"):
            answer = self.client.post("/v1/rag/query", {"query": query, "collection_id": collection, "mode": "lexical"}, headers=key)
            self.assertIsNone(self.assertStatus(answer, 200).headers[REPLAYED])

    def test_an_upload_is_taken_once(self):
        collection = self.assertStatus(self.client.post("/v1/rag/collections", {"name": "c"}), 201).json["id"]
        seven, key = b"# Hours\n\nAt seven.", new_key()
        first = self.assertStatus(upload(self.client, collection, "notes.md", seven, headers=key), 202)
        self.assertReplays(upload(self.client, collection, "notes.md", seven, headers=key), first)   # with another boundary: the parts count
        self.assertError(upload(self.client, collection, "notes.md", b"# Hours\n\nAt eight.", headers=key), 422, "validation_error")
        self.assertError(upload(self.client, collection, "a-rather-long-name-of-another-file.md", seven, headers=key), 422, "validation_error")
        self.assertEqual(self.total(f"/v1/rag/collections/{collection}/documents"), 1)

    def ask_through_a_kill(self, keyed, count=40):
        """Each question is asked again and again until it is answered; the server is killed meanwhile. How many runs each question has."""
        questions = [{**QUESTION, "input": f"When does the warehouse open? {uuid.uuid4().hex}"} for _ in range(count)]
        answered = threading.Semaphore(0)

        def ask(question):
            headers = new_key() if keyed else {}
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    answer = self.client.post(self.path, question, headers=headers)
                except (OSError, http.client.HTTPException):
                    time.sleep(0.02)
                    continue
                if answer.status == 200:
                    answered.release()
                    return answer
                self.assertIn(answer.status, (409, 503), repr(answer))
                time.sleep(0.1)
            self.fail("a question was never answered")

        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(ask, question) for question in questions]
            for _ in range(3):
                for _ in range(count // 5):
                    answered.acquire(timeout=60)
                self.server.kill()
                self.server.start()
            for each in asked:
                each.result()
        seen, page = collections.Counter(), 1
        while rows := self.assertStatus(self.client.get(f"/v1/runs?limit=100&page={page}"), 200).json["data"]:
            seen.update(run["input"] for run in rows)
            page += 1
        return [seen[question["input"]] for question in questions]

    def test_one_run_for_each_key_through_kills(self):
        self.assertEqual(set(self.ask_through_a_kill(keyed=True)), {1})

    def test_control_without_keys_questions_are_asked_twice(self):
        for _ in range(5):
            if max(self.ask_through_a_kill(keyed=False)) > 1:
                return
        self.fail("the test above would not see a run too many")


if __name__ == "__main__":
    main()
