"""A Sentry server as far as events go: takes envelopes on a free port of the loopback address and keeps them, parsed and checked."""
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY, PROJECT = "0123456789abcdef0123456789abcdef", "42"


class SentryServer:
    def __init__(self):
        self.events, self.problems = [], []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                owner.take(self.path, self.headers, body)
                self.send_response(200)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def dsn(self):
        return f"http://{KEY}@127.0.0.1:{self.port}/{PROJECT}"

    def take(self, path, headers, body):
        try:
            assert path == f"/api/{PROJECT}/envelope/", path
            assert headers["content-type"] == "application/x-sentry-envelope", headers["content-type"]
            auth = dict(re.findall(r"(sentry_\w+)=([^,\s]+)", headers["x-sentry-auth"]))
            assert headers["x-sentry-auth"].startswith("Sentry ") and auth["sentry_version"] == "7" and auth["sentry_key"] == KEY and auth["sentry_client"], headers["x-sentry-auth"]
            head, item, payload = (json.loads(line) for line in body.decode().rstrip("\n").split("\n"))
            assert item == {"type": "event"}, item
            assert re.fullmatch("[0-9a-f]{32}", head["event_id"]) and head["event_id"] == payload["event_id"], head
            assert head["sent_at"].endswith("Z") and payload["timestamp"].endswith("Z") and payload["platform"] == "native"
            self.events.append(payload)
        except Exception as problem:   # said by the test, which would otherwise only see that nothing came
            self.problems.append(repr(problem))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
