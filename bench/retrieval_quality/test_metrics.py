"""The metrics against values computed by hand and by trec_eval; BEIR's layout there and back."""
import json
import math
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import beir
import metrics


class Metrics(unittest.TestCase):
    def test_by_hand(self):
        judged = {"a": 3, "b": 2, "c": 1, "d": 0}
        results = {"c": 0.9, "x": 0.8, "a": 0.7, "d": 0.6}
        ideal = 3 + 2 / math.log2(3) + 1 / 2
        self.assertAlmostEqual(metrics.ndcg(judged, results, 10), (1 + 3 / 2) / ideal, 12)
        self.assertAlmostEqual(metrics.ndcg(judged, results, 2), 1 / (3 + 2 / math.log2(3)), 12)
        self.assertAlmostEqual(metrics.recall(judged, results, 10), 2 / 3, 12)
        self.assertAlmostEqual(metrics.recall(judged, results, 1), 1 / 3, 12)

    def test_equal_scores_stand_by_document_descending(self):
        self.assertEqual(metrics.ranked({"a": 1.0, "c": 1.0, "b": 1.0, "z": 0.5}), ["c", "b", "a", "z"])
        self.assertEqual(metrics.ranked({"a": 1.0 + 1e-9, "b": 1.0}), ["b", "a"])  # equal in single precision

    def test_queries_without_results_or_judgments(self):
        qrels = {"q1": {"a": 1}, "q2": {"b": 1}, "q3": {"c": 0}}
        self.assertEqual(metrics.means(qrels, {"q1": {"a": 1.0}}), {"ndcg": 0.5, "recall": 0.5})

    def test_equals_trec_eval(self):
        """trec_eval.json: random judgments and runs with many equal scores, and what pytrec_eval-terrier 0.5 (trec_eval 9) says of them."""
        data = json.loads((pathlib.Path(__file__).parent / "trec_eval.json").read_text())
        for query, values in data["expected"].items():
            self.assertAlmostEqual(metrics.ndcg(data["qrels"][query], data["run"][query], 10), values["ndcg_cut_10"], 9)
            self.assertAlmostEqual(metrics.recall(data["qrels"][query], data["run"][query], 10), values["recall_10"], 9)
        self.assertEqual(len(data["expected"]), 60)


class Beir(unittest.TestCase):
    def test_layout(self):
        with tempfile.TemporaryDirectory() as folder:
            beir.save(folder, {"1": ("Title", "text \u2028 one"), "2": ("", "two")}, {"a": "query", "b": "not in the split"}, {"a": {"1": 2, "2": 0}})
            self.assertEqual(beir.load(folder), ({"1": "Title text \u2028 one", "2": "two"}, {"a": "query"}, {"a": {"1": 2, "2": 0}}))


if __name__ == "__main__":
    unittest.main()
