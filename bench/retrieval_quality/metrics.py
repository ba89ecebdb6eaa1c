"""nDCG@k and recall@k exactly as trec_eval computes them.

trec_eval orders a run by score, and equal scores by document id, both descending, whatever the rank column says; scores count in single precision. nDCG's gain is the judged relevance
(0 below 1), its discount log2(rank + 1), its ideal the judgments sorted; recall divides by all relevant documents. Queries without a relevant document are left out of the mean,
queries without results count as 0.
"""
import math
import struct


def single(score):
    return struct.unpack("f", struct.pack("f", score))[0]


def ranked(results):
    """{document: score} to a list of documents, best first."""
    return [document for score, document in sorted(((single(s), d) for d, s in results.items()), reverse=True)]


def ndcg(judged, results, k):
    def gain(relevances):
        return sum(max(r, 0) / math.log2(rank + 1) for rank, r in enumerate(relevances, 1))
    ideal = gain(sorted(judged.values(), reverse=True)[:k])
    return gain(judged.get(document, 0) for document in ranked(results)[:k]) / ideal if ideal > 0 else 0.0


def recall(judged, results, k):
    relevant = {document for document, r in judged.items() if r > 0}
    return len(relevant.intersection(ranked(results)[:k])) / len(relevant) if relevant else 0.0


def means(qrels, run, k=10):
    """{"ndcg", "recall"} over the queries that have a relevant document."""
    queries = [query for query, judged in qrels.items() if any(r > 0 for r in judged.values())]
    return {"ndcg": sum(ndcg(qrels[q], run.get(q, {}), k) for q in queries) / len(queries), "recall": sum(recall(qrels[q], run.get(q, {}), k) for q in queries) / len(queries)}
