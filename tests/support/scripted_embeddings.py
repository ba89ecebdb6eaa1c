"""An embeddings server that understands nothing but synonyms: texts with the same words, or words it holds for the same, have the same direction."""
import hashlib
import http.server
import json
import re
import threading
import time

DIMENSIONS = 64
SYNONYMS = {"automobile": "car", "cars": "car", "physician": "doctor", "doctors": "doctor"}
IGNORED = {"the", "a", "an", "is", "are", "of", "in", "and", "to", "for", "what", "does", "who", "on", "with"}


def embed(text, salt=""):
    vector = [0.001] * DIMENSIONS
    for word in re.findall(r"[a-z0-9]+", text.lower()):
        word = SYNONYMS.get(word, word)
        if word not in IGNORED:
            digest = hashlib.sha256((salt + word).encode()).digest()
            for byte in digest[:4]:
                vector[byte % DIMENSIONS] += 1.0 if byte & 1 else -1.0
    return vector


class EmbeddingServer:
    """Serves POST /v1/embeddings on a free port; `.fail_next` answers are 500, and each takes `.delay_s`. The model `other` has directions of its own."""

    def __init__(self):
        self.requests, self.fail_next, self.delay_s = 0, 0, 0.0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests += 1
                time.sleep(outer.delay_s)
                if outer.fail_next > 0:
                    outer.fail_next -= 1
                    return self.answer(500, {"error": {"message": "scripted failure"}})
                salt = body["model"] if body["model"] == "other" else ""
                data = [{"object": "embedding", "index": i, "embedding": embed(text, salt)} for i, text in enumerate(body["input"])]
                self.answer(200, {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}})

            def do_GET(self):
                """A page, for documents by URL; /moved leads to it and /missing is none."""
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", "/page")
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                if self.path != "/page":
                    return self.answer(404, {})
                self.answer(200, b"<!doctype html><title>Lighthouse</title><h1>Lighthouse</h1><p>The lighthouse blinks every seven seconds.</p>", "text/html; charset=utf-8")

            def answer(self, status, body, media_type="application/json"):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", media_type)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None   # callers are killed in the middle of a call
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def environment(self):
        return {"OPENAI_COMPATIBLE_BASE_URL": f"http://127.0.0.1:{self.port}/v1", "OUTBOUND_ALLOW": "127.0.0.1/32",
                "OPENAI_COMPATIBLE_EMBEDDING_MODELS": f"scripted={DIMENSIONS},other={DIMENSIONS}"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
