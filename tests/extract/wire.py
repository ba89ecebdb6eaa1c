"""Reads what `agentic-extract --once` writes (src/knowledge/extract_wire.hpp), and runs it."""
import dataclasses
import os
import pathlib
import resource
import struct
import subprocess
import time

KINDS = ["paragraph", "heading", "list_item", "table", "code", "footnote"]
REASONS = ["unsupported_format", "encrypted", "no_text", "malformed", "too_large", "time_limit", "memory_limit", "crashed"]
FAILURE_EXIT = 10


@dataclasses.dataclass
class Block:
    kind: str
    level: int
    page: int
    text: str


@dataclasses.dataclass
class Document:
    media_type: str
    title: str
    author: str
    language: str
    page_count: int
    text: str
    blocks: list

    def page(self, number):
        return "\n\n".join(block.text for block in self.blocks if block.page == number)


def parse(data):
    magic, pages, blocks, text_bytes, *lengths = struct.unpack_from("<4sIII4H", data)
    assert magic == b"AGXR", magic
    at = struct.calcsize("<4sIII4H")
    strings = []
    for length in lengths:
        strings.append(data[at:at + length].decode())
        at += length
    rows = [struct.unpack_from("<IIIBBxx", data, at + 16 * i) for i in range(blocks)]
    text = data[at + 16 * blocks:]
    assert len(text) == text_bytes
    return Document(*strings, pages, text.decode(), [Block(KINDS[kind], level, page, text[begin:end].decode()) for begin, end, page, kind, level in rows])


@dataclasses.dataclass
class Outcome:
    reason: str           # "" when it worked
    document: Document
    seconds: float
    rss_mib: float        # of the largest process
    diagnostics: str


def extract(binary, data, name="", declared="", limits=()):
    """One run of the program with `data` (bytes, or a path) on standard input."""
    source = open(data, "rb") if isinstance(data, (str, pathlib.Path)) else None
    command = [binary, "--once", "--name", name, "--type", declared, *limits]
    started = time.monotonic()
    process = subprocess.Popen(command, stdin=source or subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={})
    out, diagnostics = process.communicate(None if source else data)
    seconds = time.monotonic() - started
    if source:
        source.close()
    rss = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    code = process.returncode
    reason = "" if code == 0 else REASONS[code - FAILURE_EXIT] if 0 <= code - FAILURE_EXIT < len(REASONS) else f"exit {code}"
    return Outcome(reason, parse(out) if code == 0 else None, seconds, rss, diagnostics.decode(errors="replace"))


if __name__ == "__main__":
    import sys
    outcome = extract(os.environ["AGENTIC_EXTRACT"], sys.argv[1], name=os.path.basename(sys.argv[1]))
    print(outcome.reason or "ok", f"{outcome.seconds * 1000:.0f} ms", outcome.diagnostics)
    if outcome.document:
        d = outcome.document
        print(f"{d.media_type} | {d.title} | {d.author} | {d.language} | {d.page_count} pages")
        for block in d.blocks:
            print(f"--- {block.kind}{block.level or ''} p{block.page}\n{block.text}")
