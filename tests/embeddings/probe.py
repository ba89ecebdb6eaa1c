"""The program embeddings_probe as a Python object."""
import array
import os
import struct
import subprocess

PROBE = os.environ["EMBEDDINGS_PROBE"]


class Probe:
    def __init__(self, directory, precision="fp32"):
        self.process = subprocess.Popen([PROBE, str(directory), precision], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        assert self.process.wait(timeout=60) == 0

    def ask(self, verb, payload):
        self.process.stdin.write(f"{verb} {len(payload)}\n".encode() + payload)
        self.process.stdin.flush()

    def tokens(self, text):
        """[(id, first byte, byte behind the last)]"""
        self.ask("tokens", text if isinstance(text, bytes) else text.encode())
        return [tuple(map(int, token.split(b":"))) for token in self.process.stdout.readline().split()]

    @staticmethod
    def packed(sequences):
        return b"".join(struct.pack(f"<{len(s)}i", *s) + b"\xff\xff\xff\xff" for s in sequences)

    def embed(self, sequences, hidden):
        self.ask("embed", self.packed(sequences))
        values = array.array("f", self.process.stdout.read(len(sequences) * hidden * 4)).tolist()
        return [values[at:at + hidden] for at in range(0, len(values), hidden)]

    def pair(self, query, passage):
        """A pair as a reranking model reads it: its ids, and the place of the first of token type 1."""
        self.ask("pair", "\0".join((query, passage)).encode())
        *ids, second = map(int, self.process.stdout.readline().split())
        return ids, second

    def score(self, query, passages):
        self.ask("score", "\0".join((query, *passages)).encode())
        return array.array("f", self.process.stdout.read(4 * len(passages))).tolist()

    def score_ids(self, pairs):
        """Pairs as (ids, place of the first of token type 1)."""
        self.ask("score_ids", self.packed([second, *ids] for ids, second in pairs))
        return array.array("f", self.process.stdout.read(4 * len(pairs))).tolist()

    def time(self, sequences, repeats=3, tokens=256, threads=1):
        """Best wall and processor seconds over all sequences."""
        self.ask(f"time {repeats} {tokens} {threads}", self.packed(sequences))
        return tuple(map(float, self.process.stdout.readline().split()))
