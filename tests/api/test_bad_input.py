#!/usr/bin/env python3
"""Whatever a client sends, the answer is a 4xx with our error body, and the server goes on."""
import os
import random

from harness import main, on_both_databases

VALID = '{"name": "A", "slug": "%s", "model_provider": "extractive", "model_name": "extractive"%s}'


@on_both_databases
class BadInput:
    def setUp(self):
        self.client = self.server.register()

    def tearDown(self):
        self.assertStatus(self.client.get("/v1/agents?limit=1"), 200)

    def refused(self, raw, path="/v1/agents", method="POST", content_type="application/json"):
        answer = self.client.request(method, path, raw=raw if isinstance(raw, bytes) else raw.encode(), headers={"Content-Type": content_type})
        self.assertTrue(400 <= answer.status < 500, f"{raw[:80]!r}: {answer}")
        self.assertIn("code", answer.json["error"])
        return answer

    def test_what_is_not_json(self):
        for raw in ("", "{", "nonsense", "{'name': 'A'}", '{"name": "A",}', '{"name": "A"} trailing', "[1, 2", '"\\ud800"', "nul", "\x00", "{\"name\": \"a\x01b\"}", "// {}"):
            self.refused(raw)

    def test_wrong_types_at_the_top(self):
        for raw in ("[]", "1", '"text"', "null", "true", "[{}]"):
            self.refused(raw)

    def test_wrong_types_of_fields_are_all_named(self):
        answer = self.refused('{"name": 1, "slug": [], "model_provider": {}, "model_name": true, "temperature": "hot", "tags": "a", "config": []}')
        self.assertEqual(answer.status, 422)
        self.assertEqual(answer.fields, ["config", "model_name", "model_provider", "name", "slug", "tags", "temperature"])

    def test_numbers_that_are_none(self):
        for number in ("NaN", "Infinity", "-Infinity", "1e999", "0x10", "01", "1.", ".5", "+1", "1e", "--1", "123456789012345678901234567890"):
            self.refused(VALID % ("n", f', "max_tokens": {number}'))

    def test_invalid_utf8(self):
        for piece in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"):
            self.refused(VALID.encode() % (b"u", b', "description": "' + piece + b'"'))

    def test_nul_characters(self):
        self.refused(VALID % ("nul", ', "description": "a\\u0000b"'))

    def test_duplicate_keys(self):
        self.refused(VALID % ("d", ', "name": "B"'))
        self.refused(VALID % ("d", ', "config": {"a": 1, "a": 2}'))

    def test_deep_nesting(self):
        for depth in (65, 1000, 100_000):
            self.refused("[" * depth + "]" * depth)
            self.refused(VALID % ("deep", ', "config": ' + '{"a":' * depth + "1" + "}" * depth))

    def test_ten_megabytes_of_nonsense(self):
        noise = random.Random(7).randbytes(10 << 20)
        self.refused(noise)
        self.refused(b'{"name": "' + b"a" * (10 << 20) + b'"}')
        self.refused(b"[" * (10 << 20))

    def test_wrong_content_types(self):
        self.assertEqual(self.refused("<a/>", content_type="application/xml").status, 415)
        self.assertEqual(self.refused(VALID % ("t", ""), content_type="text/plain").status, 415)

    def test_ids_that_are_none(self):
        for bad in ("1", "not-a-uuid", "%00", "..%2f..%2fetc%2fpasswd", "a" * 5000, "00000000-0000-0000-0000-000000000000", "%ff"):
            answer = self.client.get(f"/v1/agents/{bad}")
            self.assertTrue(400 <= answer.status < 500, f"{bad[:40]}: {answer}")

    def test_query_parameters_that_are_none(self):
        for query in ("page=a", "page=-1", "limit=1e3", "limit=99999999999999999999", "page=1&page=2", "colour=red", "sort=password", "order=sideways", "page=%ff", "page=%"):
            answer = self.client.get(f"/v1/agents?{query}")
            self.assertTrue(400 <= answer.status < 500, f"{query}: {answer}")

    def test_unknown_routes_and_methods(self):
        self.assertError(self.client.get("/v1/nothing"), 404, "not_found")
        answer = self.assertError(self.client.request("PUT", "/v1/agents"), 405, "method_not_allowed")
        self.assertIn("POST", answer.headers["Allow"])

    def test_broken_requests_never_stop_the_server(self):
        pieces = [b"GET", b" ", b"/", b"HTTP/1.1", b"\r\n", b"\n", b"\r", b":", b"Host: a", b"Content-Length: 5", b"Content-Length: -1", b"Transfer-Encoding: chunked", b"\x00",
                  b"\xff", b"5\r\nhello\r\n", b"0\r\n\r\n", b"POST /v1/auth/login HTTP/1.1\r\n", b"A" * 70_000]
        chance = random.Random(int(os.environ.get("AGENTIC_TEST_SEED", "11")))
        for _ in range(200):
            received = self.server.raw(b"".join(chance.choices(pieces, k=chance.randint(1, 12))), timeout=15)
            self.assertFalse(received.startswith(b"HTTP/1.1 5"), received[:200])

    def test_forged_tokens(self):
        from harness import Client
        for token in ("a", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", self.client.token[:-2], self.client.token + "a", "\u00e9".encode().decode("latin-1")):
            answer = Client(self.server, token).get("/v1/agents")
            self.assertIn(answer.status, (400, 401), repr(answer))


if __name__ == "__main__":
    main()
