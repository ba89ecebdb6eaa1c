"""./dev bench embed: tokens a second of all-MiniLM-L6-v2 against sentence-transformers and ONNX Runtime, on the same ids, interleaved in one run."""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("AGENTIC_CACHE", pathlib.Path.home() / ".cache/agentic"))
MODEL = CACHE / "models/all-MiniLM-L6-v2"
HIDDEN, TOKENS, PASS_TOKENS, THREADS = 384, 16384, 256, 2
PEERS = {"torch": "sentence-transformers", "ort-fp32": "ONNX Runtime fp32, fused", "ort-int8": "ONNX Runtime dynamic int8, fused"}


def environment():
    """A Python with the peers' packages, in the cache."""
    requirements, venv = REPO / "bench/peers/embeddings/requirements.txt", CACHE / "peers/embeddings"
    ready = venv / ".ready"
    if not ready.exists() or ready.read_text() != requirements.read_text():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "-r", requirements], check=True)
        ready.write_text(requirements.read_text())
    return venv


class Peer:
    def __init__(self, kind):
        source, venv = REPO / "bench/peers/embeddings", environment()
        self.process = subprocess.Popen([venv / "bin/python", source / "peer.py", MODEL, CACHE / "peers/embeddings-onnx", kind], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert json.loads(self.process.stdout.readline())["ready"]

    def run(self, sequences, batch):
        self.process.stdin.write(json.dumps({"sequences": sequences, "batch": batch}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def workload(lengths, tokens=TOKENS):
    generator = random.Random(7)
    out = []
    while sum(map(len, out)) < tokens:
        out.append([101, *(generator.randrange(1000, 30000) for _ in range(generator.choice(lengths) - 2)), 102])
    return out


def workloads():
    generator = random.Random(3)
    mixed = [int(min(256, max(4, generator.lognormvariate(4.0, 0.9)))) for _ in range(400)]  # median 55 tokens, like paragraphs and queries
    return {"16": workload([16]), "32": workload([32]), "128": workload([128]), "256": workload([256]), "512": workload([512]), "mixed": workload(mixed)}


def bench(args):
    os.environ["EMBEDDINGS_PROBE"] = str(REPO / "build/release/bench/embeddings_probe")
    sys.path.insert(0, str(REPO / "tests/embeddings"))
    from probe import Probe
    if not MODEL.exists():
        subprocess.run([REPO / "build/release/agentic", "models", "install", "--models-dir", MODEL.parent], check=True)
    peers = {kind: Peer(kind) for kind in PEERS}
    ours = {precision: Probe(MODEL, precision) for precision in ("int8", "fp32")}
    ratios = []
    print(f"| tokens a text | {' | '.join(PEERS.values())} | ours int8 | ours fp32 | int8 to the best fp32 peer | to the best peer |\n|" + " --- |" * 8)
    for name, sequences in workloads().items():
        total, rates = sum(map(len, sequences)), {}
        for _ in range(args.rounds):
            for kind, peer in peers.items():
                rates.setdefault(kind, []).append(total / min(peer.run(sequences, batch)["wall"] for batch in (8, 32)))
            for precision, probe in ours.items():
                rates.setdefault(precision, []).append(total / probe.time(sequences, 1, PASS_TOKENS, THREADS)[0])
        rounds = range(args.rounds)
        to_fp32 = statistics.median(rates["int8"][i] / max(rates["torch"][i], rates["ort-fp32"][i]) for i in rounds)
        to_best = statistics.median(rates["int8"][i] / max(rates[kind][i] for kind in PEERS) for i in rounds)
        cells = [f"{statistics.median(rates[kind]):,.0f} ({min(rates[kind]):,.0f}-{max(rates[kind]):,.0f})" for kind in (*PEERS, "int8", "fp32")]
        print(f"| {name} | {' | '.join(cells)} | {to_fp32:.1f}x | {to_best:.1f}x |", flush=True)
    query = workload([16], 16)
    print("\none text of 16 tokens, best of 30: " + ", ".join(f"ours {precision} {probe.time(query, 30, 16, 1)[0] * 1000:.2f} ms" for precision, probe in ours.items()) + ", "
          + ", ".join(f"{PEERS[kind]} {min(peer.run(query, 1)['wall'] for _ in range(30)) * 1000:.2f} ms" for kind, peer in peers.items()))
    quality(peers, ours)


def quality(peers, ours):
    """Cosine against sentence-transformers."""
    import math
    sequences = workloads()["mixed"][:64]
    reference = peers["torch"].run(sequences, 32)["rows"]
    for precision, probe in ours.items():
        rows = probe.embed(sequences, HIDDEN)
        cosines = [sum(a * b for a, b in zip(x, y)) / math.sqrt(sum(a * a for a in x) * sum(b * b for b in y)) for x, y in zip(rows, reference)]
        print(f"{precision} against sentence-transformers over 64 texts: cosine at least {min(cosines):.5f}, mean {statistics.mean(cosines):.5f}")
