"""ONNX files as torch exports them, and a reranker, against Transformers itself: where a Python with torch and transformers is at hand, as after `./dev bench embed`.
Everything these tests promise is tested without torch, too: tests/unit/embeddings/onnx_test.cpp, test_reranker.py."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

from probe import Probe

CACHE = pathlib.Path(os.environ.get("AGENTIC_CACHE", pathlib.Path.home() / ".cache/agentic"))
PYTHON = pathlib.Path(os.environ.get("TRANSFORMERS_PYTHON", CACHE / "peers/embeddings/bin/python"))
INSTALLED, EXPORTED = CACHE / "models/all-MiniLM-L6-v2", CACHE / "peers/embeddings-onnx/model.onnx"


def random_pairs(generator, count):
    pairs = []
    for _ in range(count):
        query, passage = ([generator.randrange(5, 500) for _ in range(generator.randint(1, most))] for most in (20, 200))
        pairs.append(([2, *query, 3, *passage, 3], len(query) + 2))
    return pairs


def has_transformers():
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", "import torch, transformers, onnx"], capture_output=True).returncode == 0


@unittest.skipUnless(has_transformers(), f"{PYTHON} has no torch, transformers and onnx; ./dev bench embed makes it")
class TransformersParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = pathlib.Path(cls.folder.name)
        cls.pairs = random_pairs(random.Random(6), 40)
        script = pathlib.Path(__file__).with_name("transformers_models.py")
        done = subprocess.run([PYTHON, script, cls.folder.name], input=json.dumps({"pairs": cls.pairs}), text=True, capture_output=True)
        assert done.returncode == 0, done.stderr[-2000:]
        cls.scores = json.loads(done.stdout.splitlines()[-1])["scores"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_onnx_directories_give_the_vectors_of_safetensors(self):
        generator = random.Random(7)
        sequences = [[generator.randrange(500) for _ in range(length)] for length in (1, 2, 17, 64, 200, 500)]
        for family in ("bert", "mpnet"):
            with Probe(self.at / family) as one, Probe(self.at / f"{family}-onnx") as other:
                self.assertEqual(one.embed(sequences, 64), other.embed(sequences, 64), family)

    def test_scores(self):
        for name in ("cross", "cross-onnx"):
            with Probe(self.at / name) as probe:
                got = probe.score_ids(self.pairs)
            for mine, theirs in zip(got, self.scores, strict=True):
                self.assertLess(abs(mine - theirs), 1e-5, name)
        self.assertGreater(max(self.scores) - min(self.scores), 0.1, "the pairs differ")

    @unittest.skipUnless(EXPORTED.exists() and INSTALLED.exists(), "./dev bench embed exports the real model")
    def test_the_real_model_as_exported(self):
        generator = random.Random(8)
        sequences = [[101, *(generator.randrange(1000, 30000) for _ in range(length)), 102] for length in (1, 30, 200)]
        directory = self.at / "minilm-onnx"
        directory.mkdir()
        for name in ("config.json", "tokenizer.json", "vocab.txt", "sentence_bert_config.json"):
            shutil.copy(INSTALLED / name, directory)
        (directory / "model.onnx").symlink_to(EXPORTED)
        for precision in ("fp32", "int8"):
            with Probe(INSTALLED, precision) as one, Probe(directory, precision) as other:
                self.assertEqual(one.embed(sequences, 384), other.embed(sequences, 384), precision)


if __name__ == "__main__":
    unittest.main()
