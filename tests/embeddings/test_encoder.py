"""Vectors against numpy (reference.py): random weights of several shapes, BERT and MPNet, both precisions; and the real all-MiniLM-L6-v2 when it is installed."""
import json
import os
import pathlib
import random
import tempfile
import unittest

import numpy as np
import reference
from probe import Probe

INSTALLED = pathlib.Path(os.environ.get("AGENTIC_CACHE", pathlib.Path.home() / ".cache/agentic")) / "models/all-MiniLM-L6-v2"
HAS_INT8 = any(flag in pathlib.Path("/proc/cpuinfo").read_text() for flag in ("avx512_vnni", "avx_vnni"))


def random_model(directory, family, hidden, heads, layers, seed):
    config = {**reference.tiny_config(family), "hidden_size": hidden, "num_attention_heads": heads, "num_hidden_layers": layers, "intermediate_size": 4 * hidden, "vocab_size": 500,
              "max_position_embeddings": 514}
    generator = np.random.default_rng(seed)
    weights = {name: (generator.standard_normal(shape) * (0.1 if len(shape) == 2 else 0.05) + (name.endswith("LayerNorm.weight"))).astype(np.float32)
               for name, shape in reference.tensor_shapes(config)}
    reference.write_model(directory, config, weights, 512, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return config, weights


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


class EncoderParity(unittest.TestCase):
    def compare(self, directory, config, weights, sequences, precision, least):
        expected = np.array([reference.embed(config, weights, ids) for ids in sequences])
        with Probe(directory, precision) as probe:
            got = np.array(probe.embed(sequences, config["hidden_size"]))
        self.assertGreaterEqual(cosines(got, expected).min(), least)
        return expected

    def test_random_models(self):
        generator = random.Random(3)
        for number, (family, hidden, heads, layers) in enumerate([("bert", 64, 4, 2), ("bert", 96, 2, 1), ("mpnet", 128, 4, 3), ("mpnet", 48, 1, 2)]):
            with self.subTest(family=family, hidden=hidden), tempfile.TemporaryDirectory() as folder:
                config, weights = random_model(folder, family, hidden, heads, layers, number)
                sequences = [[generator.randrange(500) for _ in range(length)] for length in (1, 2, 3, 8, 17, 31, 64, 65, 129, 500)]
                self.compare(folder, config, weights, sequences, "fp32", 0.999999)
                if HAS_INT8:
                    self.compare(folder, config, weights, sequences, "int8", 0.995)

    def test_the_check_can_fail(self):
        with tempfile.TemporaryDirectory() as folder:
            config, weights = random_model(folder, "bert", 64, 4, 2, 9)
            weights["embeddings.LayerNorm.bias"] = weights["embeddings.LayerNorm.bias"] + 0.05
            with self.assertRaises(AssertionError):
                self.compare(folder, config, weights, [[1, 2, 3]], "fp32", 0.9999)

    def test_minilm(self):
        config = json.loads((INSTALLED / "config.json").read_text())
        weights = reference.read_safetensors(INSTALLED / "model.safetensors")
        words = [w for w in (INSTALLED / "vocab.txt").read_text().split("\n") if w.isalpha() and w.isascii()]
        generator = random.Random(4)
        with Probe(INSTALLED) as probe:
            texts = [" ".join(generator.choice(words) for _ in range(n)) for n in (1, 5, 12, 40, 90, 200)]
            sequences = [[101, *[token[0] for token in probe.tokens(text)][:254], 102] for text in texts]
        self.compare(INSTALLED, config, weights, sequences, "fp32", 0.9999)
        if HAS_INT8:
            self.compare(INSTALLED, config, weights, sequences, "int8", 0.99)


if __name__ == "__main__":
    unittest.main()
