"""The reranker: pairs against the reference tokenizer (`tokenizers`), scores against numpy (reference.py)."""
import pathlib
import random
import tempfile
import unittest

import numpy as np
import reference
from probe import Probe
from test_encoder import HAS_INT8
from test_tokenizer import pieces, reference as reference_tokenizer
from tokenizers import processors

WINDOW = 24


def write_reranker(directory, hidden, heads, layers, seed, vocabulary, window):
    config = {**reference.tiny_config("bert"), "hidden_size": hidden, "num_attention_heads": heads, "num_hidden_layers": layers, "intermediate_size": 4 * hidden,
              "vocab_size": max(500, len(vocabulary)), "max_position_embeddings": 512, "architectures": ["BertForSequenceClassification"], "id2label": {"0": "LABEL_0"}}
    generator = np.random.default_rng(seed)
    shapes = [*reference.tensor_shapes(config), *reference.classifier_shapes(config)]
    weights = {name: (generator.standard_normal(shape) * (0.1 if len(shape) == 2 else 0.05) + name.endswith("LayerNorm.weight")).astype(np.float32) for name, shape in shapes}
    named = {name if name.startswith("classifier") else "bert." + name: values for name, values in weights.items()}
    reference.write_model(directory, config, named, window, vocabulary)
    return config, weights


class PairParity(unittest.TestCase):
    def test_pairs_are_cut_as_the_reference_does(self):
        vocabulary = pieces()
        theirs = reference_tokenizer(vocabulary)
        theirs.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
        generator = random.Random(9)
        words = ["hello", "world", "tokenizations", "Café,", "東京", "unbelievable", "3.45", "[SEP]", "?"]
        for window in (WINDOW, WINDOW - 1):
            theirs.enable_truncation(window, strategy="longest_first")
            with tempfile.TemporaryDirectory() as folder:
                write_reranker(folder, 32, 2, 1, 1, vocabulary, window)
                theirs.save(str(pathlib.Path(folder) / "tokenizer.json"))
                with Probe(folder) as ours:
                    for _ in range(1500):
                        query, passage = (" ".join(generator.choice(words) for _ in range(generator.randint(0, 20))) for _ in range(2))
                        expected = theirs.encode(query, passage)
                        ids, second = ours.pair(query, passage)
                        self.assertEqual(ids, expected.ids, (query, passage))
                        self.assertEqual([int(i >= second) for i in range(len(ids))], expected.type_ids, (query, passage))


class ScoreParity(unittest.TestCase):
    def test_random_models(self):
        generator = random.Random(10)
        pairs = []
        for most in (1, 5, 30, 100, 200):
            query, passage = ([generator.randrange(5, 500) for _ in range(generator.randint(1, most))] for _ in range(2))
            pairs.append(([2, *query, 3, *passage, 3], len(query) + 2))
        for number, (hidden, heads, layers) in enumerate([(64, 4, 2), (96, 2, 1), (128, 4, 4)]):
            with self.subTest(hidden=hidden), tempfile.TemporaryDirectory() as folder:
                config, weights = write_reranker(folder, hidden, heads, layers, number, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], 512)
                expected = [reference.score(config, weights, *pair) for pair in pairs]
                for precision, most in (("fp32", 1e-5), ("int8", 0.05)) if HAS_INT8 else (("fp32", 1e-5),):
                    with Probe(folder, precision) as probe:
                        for mine, theirs in zip(probe.score_ids(pairs), expected, strict=True):
                            self.assertLess(abs(mine - theirs), most, precision)
                swapped = [reference.score(config, weights, ids, len(ids)) for ids, _ in pairs]
                self.assertGreater(max(abs(a - b) for a, b in zip(swapped, expected)), 1e-3, "the check can fail: token types count")


if __name__ == "__main__":
    unittest.main()
