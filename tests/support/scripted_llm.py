#!/usr/bin/env python3
"""A scripted model provider for tests: speaks the Anthropic Messages and OpenAI chat-completions protocols, streamed and whole.

    scripted_llm.py [--port 0] [--port-file FILE] [--script FILE]      prints "listening on 127.0.0.1:PORT" and serves until killed

Without a script it obeys what it reads in the last user text, line by line: `@say TEXT`, `@tool NAME {"json": "input"}`, `@fail STATUS`; anything else
is answered by an echo that names the turn, so a test can see that the history arrived. A script (--script, or POST /__script) is JSON:

    {"rules": [{"match": "text in the request body", "times": 1, ...reply}, ...], "default": {...reply}}

Rules are tried in order; `match` is optional; `times` limits a rule (default: no limit). A reply may hold:
    text | pieces []        the answer; `text` is cut into words          thinking [], signature      a thinking block (Anthropic)
    tool_calls [{id?, name, input}]                                       citations [{document_index, cited_text, ...}]
    stop_reason, usage {}   as Anthropic names them (input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens, thinking_tokens)
    first_delay_ms, delay_ms                                              ping, unknown_events, comments, crlf: true
    split_bytes, split_delay_ms   the stream in writes of so many bytes (cuts UTF-8, drips)
    status, headers {}, error {type, message}, raw_body                   an answer other than 200
    error_after, cut_after, hang_after, bad_json_after    after so many pieces: an error event, a closed socket, silence, a broken event
    endless: true           repeats the pieces until the client goes away  no_usage, no_done: true (OpenAI)

GET /__requests: {"count", "open", "requests": [{path, headers, body, disconnected}]}. POST /__reset forgets both.
It also checks what the real services check: keys, required fields, paired tool calls, sampling parameters, unmodified thinking blocks.
"""
import argparse
import asyncio
import itertools
import json
import os
import pathlib
import re
import sys
import time

REASONS = {"end_turn": "stop", "max_tokens": "length", "stop_sequence": "stop", "tool_use": "tool_calls", "refusal": "content_filter"}
STATUS_TYPES = {400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
                409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 504: "timeout_error", 529: "overloaded_error"}


def dumps(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Refusal(Exception):
    def __init__(self, status, message, kind=None):
        super().__init__(message)
        self.status, self.message, self.kind = status, message, kind or STATUS_TYPES.get(status, "api_error")


class Cut(Exception):
    """The script closes the connection here."""


class Server:
    def __init__(self, script):
        self.ids = itertools.count(1)
        self.signatures = set()
        self.reset(script)

    def reset(self, script=None):
        self.script = script or {}
        self.requests = []
        self.open = 0
        for rule in self.script.get("rules", []):
            rule["left"] = rule.get("times", -1)

    def reply_to(self, text, last_user, turns):
        for rule in self.script.get("rules", []):
            if rule["left"] != 0 and rule.get("match", "") in text:
                rule["left"] -= 1
                return rule
        if "default" in self.script:
            return self.script["default"]
        return obey(last_user, turns)

    # --- HTTP ---------------------------------------------------------------------------------------------------------------------------------

    async def serve(self, reader, writer):
        self.open += 1
        try:
            while await self.exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, Cut):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def exchange(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = target.split("?")[0]
        if path.startswith("/__"):
            return await self.control(writer, path, body)
        record = {"path": path, "headers": headers, "body": None, "disconnected": False}
        self.requests.append(record)
        openai = not path.startswith("/v1/messages")
        try:
            if method == "GET" and path == "/v1/models":
                return await answer(writer, 200, {"object": "list", "data": [{"id": "scripted", "object": "model", "created": 0, "owned_by": "tests"}]})
            if method != "POST" or path not in ("/v1/messages", "/v1/messages/count_tokens", "/v1/chat/completions"):
                raise Refusal(404, f"Not found: {path}")
            try:
                record["body"] = request = json.loads(body)
            except ValueError:
                raise Refusal(400, "The request body is not valid JSON") from None
            protocol = OpenAi(self, request) if openai else Anthropic(self, request)
            protocol.check(headers)
            if path.endswith("count_tokens"):
                return await answer(writer, 200, {"input_tokens": protocol.input_tokens()})
            reply = self.reply_to(body.decode("utf-8", "replace"), protocol.last_user_text(), protocol.turns())
            if "status" in reply:
                return await self.refuse(writer, reply, openai)
            if request.get("stream"):
                return await self.stream(reader, writer, protocol, reply, record)
            return await answer(writer, 200, protocol.whole(reply))
        except Refusal as refusal:
            return await self.refuse(writer, {"status": refusal.status, "error": {"type": refusal.kind, "message": refusal.message}}, openai)

    async def refuse(self, writer, reply, openai):
        status = reply["status"]
        error = {"type": STATUS_TYPES.get(status, "api_error"), "message": f"scripted {status}", **reply.get("error", {})}
        if openai:
            body = {"error": {"message": error["message"], "type": error["type"], "param": error.get("param"), "code": error.get("code")}}
        else:
            body = {"type": "error", "error": error, "request_id": f"req_{next(self.ids):06}"}
        return await answer(writer, status, reply.get("raw_body", body), reply.get("headers", {}))

    async def control(self, writer, path, body):
        if path == "/__script":
            self.reset(json.loads(body or b"{}"))
        elif path == "/__reset":
            self.reset()
        return await answer(writer, 200, {"count": len(self.requests), "open": self.open, "requests": self.requests} if path == "/__requests" else {"ok": True})

    async def stream(self, reader, writer, protocol, reply, record):
        request_id = f"req_{next(self.ids):06}"
        writer.write(("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n"
                      f"{protocol.id_header}: {request_id}\r\n\r\n").encode())

        async def pause(ms):
            until = time.monotonic() + ms / 1000
            while (left := until - time.monotonic()) > 0:
                if reader.at_eof():
                    raise ConnectionError
                await asyncio.sleep(min(left, 0.01))

        async def send(text):
            data = text.replace("\n", "\r\n").encode() if reply.get("crlf") else text.encode()
            size = reply.get("split_bytes", len(data))
            for at in range(0, len(data), max(size, 1)):
                piece = data[at:at + size]
                if reader.at_eof() or writer.is_closing():
                    raise ConnectionError
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if size < len(data):
                    await asyncio.sleep(reply.get("split_delay_ms", 0) / 1000)
            await writer.drain()
            if reader.at_eof():
                raise ConnectionError

        try:
            await pause(reply.get("first_delay_ms", 0))
            for event in protocol.events(reply):
                kind = event if isinstance(event, str) else None
                if kind == "#pause":
                    await pause(reply.get("delay_ms", 0))
                elif kind == "#cut":
                    raise Cut
                elif kind == "#hang":
                    await pause(3_600_000)
                else:
                    await send(event)
        except ConnectionError:
            record["disconnected"] = True
            raise
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


async def answer(writer, status, body, headers=None):
    data = (body if isinstance(body, str) else dumps(body)).encode()
    lines = [f"HTTP/1.1 {status} Scripted", "content-type: application/json", f"content-length: {len(data)}", "request-id: req_whole", "x-request-id: req_whole"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
    await writer.drain()
    return True


# --- what to answer ---------------------------------------------------------------------------------------------------------------------------

def obey(text, turns):
    said, calls = [], []
    for line in text.splitlines():
        if line.startswith("@say "):
            said.append(line[5:])
        elif line.startswith("@tool "):
            name, _, payload = line[6:].partition(" ")
            calls.append({"name": name, "input": json.loads(payload or "{}")})
        elif line.startswith("@fail "):
            return {"status": int(line[6:])}
    if calls:
        return {"text": " ".join(said), "tool_calls": calls}
    return {"text": " ".join(said) or f"You said: {text} (turn {turns})"}


def pieces_of(reply):
    return reply["pieces"] if "pieces" in reply else re.findall(r"\s*\S+\s*$|\s*\S+", reply.get("text", ""))


def with_faults(reply, pieces, delta, error):
    """The text pieces as events, with pauses and the scripted faults between them."""
    for count, piece in enumerate(itertools.cycle(pieces) if reply.get("endless") and pieces else pieces):
        for fault, event in (("error_after", error), ("cut_after", "#cut"), ("hang_after", "#hang"), ("bad_json_after", "data: {\"type\":\n\n")):
            if reply.get(fault) == count:
                yield event
                if fault == "error_after":
                    return
        if count:
            yield "#pause"
        if reply.get("comments"):
            yield ": keep-alive\n\n"
        yield delta(piece)
    for fault, event in (("error_after", error), ("cut_after", "#cut"), ("hang_after", "#hang"), ("bad_json_after", "data: {\"type\":\n\n")):
        if reply.get(fault, -1) >= len(pieces):
            yield event
    return


class Anthropic:
    id_header = "request-id"

    def __init__(self, server, request):
        self.server, self.request = server, request

    def check(self, headers):
        request = self.request
        if not headers.get("x-api-key") and not headers.get("authorization", "").startswith("Bearer "):
            raise Refusal(401, "x-api-key header is required")
        if headers.get("anthropic-version") not in ("2023-06-01", "2026-10-21"):
            raise Refusal(400, "anthropic-version: header is required")
        if not str(request.get("model", "")).startswith("claude-"):
            raise Refusal(404, f"model: {request.get('model')}")
        if not isinstance(request.get("max_tokens"), int) and "stream" in request:
            raise Refusal(400, "max_tokens: Field required")
        if headers["anthropic-version"] == "2026-10-21":
            for name in ("temperature", "top_p", "top_k"):
                if name in request:
                    raise Refusal(400, f"{name}: Extra inputs are not permitted")
        open_calls = set()
        if not request.get("messages"):
            raise Refusal(400, "messages: at least one message is required")
        for message in request["messages"]:
            blocks = message["content"] if isinstance(message["content"], list) else [{"type": "text", "text": message["content"]}]
            results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
            if results != open_calls:
                raise Refusal(400, "messages: each tool_use block must have a corresponding tool_result block in the next message")
            open_calls = {block["id"] for block in blocks if block["type"] == "tool_use"}
            self.check_blocks(message["role"], blocks)
        if open_calls:
            raise Refusal(400, "messages: tool_use ids were found without tool_result blocks")

    def check_blocks(self, role, blocks):
        for block in blocks:
            if block["type"] == "text" and not block["text"]:
                raise Refusal(400, "messages: text content blocks must be non-empty")
            if block["type"] == "document" and role == "assistant":
                raise Refusal(400, "messages: document blocks are not permitted in assistant messages")
            if block["type"] == "thinking" and (block.get("thinking"), block.get("signature")) not in self.server.signatures:
                raise Refusal(400, "messages: `thinking` blocks cannot be modified")

    def last_user_text(self):
        content = self.request["messages"][-1]["content"]
        if isinstance(content, str):
            return content
        texts = [block["text"] for block in content if block["type"] == "text"]
        return "\n".join(texts) or "tool results"

    def turns(self):
        return sum(message["role"] == "user" for message in self.request["messages"])

    def input_tokens(self):
        return max(1, len(dumps(self.request)) // 4)

    def usage(self, reply):
        usage = {"input_tokens": self.input_tokens(), "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
                 "output_tokens": max(1, sum(map(len, pieces_of(reply))) // 4), "service_tier": "standard", **reply.get("usage", {})}
        if "thinking_tokens" in usage:
            usage["output_tokens_details"] = {"thinking_tokens": usage.pop("thinking_tokens")}
        return usage

    def message(self, content, reason, usage):
        return {"id": f"msg_{next(self.server.ids):06}", "type": "message", "role": "assistant", "model": self.request["model"], "content": content,
                "stop_reason": reason, "stop_sequence": None, "usage": usage}

    def blocks(self, reply):
        out = []
        if "thinking" in reply:
            thinking = "".join(reply["thinking"])
            signature = reply.get("signature", f"sig{next(self.server.ids)}")
            self.server.signatures.add((thinking, signature))
            out.append({"type": "thinking", "thinking": thinking, "signature": signature})
        if pieces_of(reply):
            out.append({"type": "text", "text": "".join(pieces_of(reply)), **({"citations": reply["citations"]} if "citations" in reply else {})})
        for call in reply.get("tool_calls", []):
            out.append({"type": "tool_use", "id": call.get("id") or f"toolu_{next(self.server.ids):06}", "name": call["name"], "input": call["input"]})
        return out

    def reason(self, reply):
        return reply.get("stop_reason", "tool_use" if reply.get("tool_calls") else "end_turn")

    def whole(self, reply):
        return self.message(self.blocks(reply), self.reason(reply), self.usage(reply))

    def events(self, reply):
        def event(name, **data):
            return f"event: {name}\ndata: {dumps({'type': name, **data})}\n\n"

        def delta(index, **data):
            return event("content_block_delta", index=index, delta=data)

        usage = self.usage(reply)
        yield event("message_start", message=self.message([], None, {**usage, "output_tokens": 1}))
        for index, block in enumerate(self.blocks(reply)):
            start = {"thinking": {"thinking": "", "signature": ""}, "text": {"text": ""}, "tool_use": {"input": {}}}[block["type"]]
            yield event("content_block_start", index=index, content_block={key: value for key, value in {**block, **start}.items() if key != "citations"})
            if reply.get("ping") or index == 0:
                yield event("ping")
            if reply.get("unknown_events"):
                yield event("moon_phase", phase="waxing", index=index) + delta(index, type="moon_delta", moon="new")
            if block["type"] == "thinking":
                for piece in reply["thinking"]:
                    yield delta(index, type="thinking_delta", thinking=piece)
                yield delta(index, type="signature_delta", signature=block["signature"])
            elif block["type"] == "text":
                error = event("error", error={"type": "overloaded_error", "message": "Overloaded", **reply.get("error", {})})
                for piece in with_faults(reply, pieces_of(reply), lambda text, i=index: delta(i, type="text_delta", text=text), error):
                    yield piece
                    if piece == error:
                        return
                for citation in reply.get("citations", []):
                    yield delta(index, type="citations_delta", citation={"type": "char_location", "document_title": None, "start_char_index": 0, "end_char_index": 0, **citation})
            else:
                arguments = dumps(block["input"])
                for at in range(0, len(arguments), 5):
                    yield delta(index, type="input_json_delta", partial_json=arguments[at:at + 5])
            yield event("content_block_stop", index=index)
        yield event("message_delta", delta={"stop_reason": self.reason(reply), "stop_sequence": None}, usage=usage)
        yield event("message_stop")


class OpenAi:
    id_header = "x-request-id"

    def __init__(self, server, request):
        self.server, self.request = server, request

    def check(self, headers):
        request = self.request
        if not headers.get("authorization", "").startswith("Bearer "):
            raise Refusal(401, "You didn't provide an API key.", "invalid_request_error")
        if not request.get("messages"):
            raise Refusal(400, "Missing required parameter: 'messages'.", "invalid_request_error")
        if re.match(r"(o\d|gpt-5|gpt-6)", str(request.get("model", ""))):
            for name in ("temperature", "top_p", "max_tokens"):
                if name in request:
                    raise Refusal(400, f"Unsupported parameter: '{name}' is not supported with this model.", "invalid_request_error")
        if "stream_options" in request and not request.get("stream"):
            raise Refusal(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", "invalid_request_error")
        open_calls = set()
        for message in request["messages"]:
            if message["role"] == "tool":
                if message["tool_call_id"] not in open_calls:
                    raise Refusal(400, "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.", "invalid_request_error")
                open_calls.discard(message["tool_call_id"])
                continue
            if open_calls:
                break
            open_calls = {call["id"] for call in message.get("tool_calls", [])}
        if open_calls:
            raise Refusal(400, "An assistant message with 'tool_calls' must be followed by tool messages.", "invalid_request_error")

    def last_user_text(self):
        last = self.request["messages"][-1]
        if last["role"] == "tool":
            return "tool results"
        content = last["content"]
        return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)

    def turns(self):
        return sum(message["role"] == "user" for message in self.request["messages"])

    def usage(self, reply):
        given = {"input_tokens": max(1, len(dumps(self.request)) // 4), "output_tokens": max(1, sum(map(len, pieces_of(reply))) // 4), **reply.get("usage", {})}
        return {"prompt_tokens": given["input_tokens"], "completion_tokens": given["output_tokens"], "total_tokens": given["input_tokens"] + given["output_tokens"],
                "prompt_tokens_details": {"cached_tokens": given.get("cache_read_input_tokens", 0), "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": given.get("thinking_tokens", 0), "audio_tokens": 0}}

    def calls(self, reply):
        return [{"id": call.get("id") or f"call_{next(self.server.ids):06}", "type": "function", "function": {"name": call["name"], "arguments": dumps(call["input"])}}
                for call in reply.get("tool_calls", [])]

    def reason(self, reply):
        return REASONS.get(reply.get("stop_reason"), reply.get("stop_reason")) or ("tool_calls" if reply.get("tool_calls") else "stop")

    def whole(self, reply):
        message = {"role": "assistant", "content": "".join(pieces_of(reply)) or None, "refusal": None, "annotations": []}
        if reply.get("tool_calls"):
            message["tool_calls"] = self.calls(reply)
        return {"id": f"chatcmpl-{next(self.server.ids):06}", "object": "chat.completion", "created": int(time.time()), "model": self.request["model"],
                "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": self.reason(reply)}], "usage": self.usage(reply)}

    def events(self, reply):
        head = {"id": f"chatcmpl-{next(self.server.ids):06}", "object": "chat.completion.chunk", "created": int(time.time()), "model": self.request["model"],
                "service_tier": "default", "system_fingerprint": "fp_scripted"}
        with_usage = self.request.get("stream_options", {}).get("include_usage") and not reply.get("no_usage")

        def chunk(delta=None, reason=None, **extra):
            choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]
            return f"data: {dumps({**head, 'choices': choices, **({'usage': None} if with_usage else {}), **extra})}\n\n"

        yield chunk({"role": "assistant", "content": "", "refusal": None})
        error = f"data: {dumps({'error': {'message': 'The server had an error', 'type': 'server_error', 'param': None, 'code': None, **reply.get('error', {})}})}\n\n"
        for piece in with_faults(reply, pieces_of(reply), lambda text: chunk({"content": text}), error):
            yield piece
            if piece == error:
                return
        if reply.get("unknown_events"):
            yield chunk({"moon": "new"}, obfuscation="xyz")
        for index, call in enumerate(self.calls(reply)):
            arguments = call["function"].pop("arguments")
            yield chunk({"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]})
            for at in range(0, len(arguments), 5):
                yield chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at:at + 5]}}]})
        yield chunk({}, self.reason(reply))
        if with_usage:
            yield chunk(usage=self.usage(reply))
        if not reply.get("no_done"):
            yield "data: [DONE]\n\n"


async def main():
    options = argparse.ArgumentParser(description="A scripted model provider for tests.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--port-file", help="a file that gets the port")
    options.add_argument("--script", type=argparse.FileType(encoding="utf-8"))
    options = options.parse_args()
    server = Server(json.load(options.script) if options.script else None)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", options.port, limit=16 << 20)
    port = listener.sockets[0].getsockname()[1]
    if options.port_file:
        pathlib.Path(options.port_file + ".new").write_text(f"{port}\n")
        os.replace(options.port_file + ".new", options.port_file)
    sys.stdout.write(f"listening on 127.0.0.1:{port}\n")  # one write: whoever waits for the line may close the pipe
    sys.stdout.flush()
    async with listener:
        await listener.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)
