"""Data sets in BEIR's layout: corpus.jsonl {_id, title, text}, queries.jsonl {_id, text}, qrels/<split>.tsv (query-id, corpus-id, score, with a header)."""
import collections
import csv
import json
import pathlib


def lines(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def load(folder, split="test"):
    """(corpus {id: text with its title in front}, queries {id: text} of the split, qrels {query: {document: relevance}})."""
    folder = pathlib.Path(folder)
    corpus = {row["_id"]: " ".join(filter(None, [row.get("title", ""), row["text"]])) for row in lines(folder / "corpus.jsonl")}
    qrels = collections.defaultdict(dict)
    with open(folder / "qrels" / f"{split}.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
    queries = {row["_id"]: row["text"] for row in lines(folder / "queries.jsonl") if row["_id"] in qrels}
    return corpus, queries, dict(qrels)


def save(folder, corpus, queries, qrels, split="test"):
    """`corpus` {id: (title, text)}; the layout that load() reads."""
    folder = pathlib.Path(folder)
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    with open(folder / "corpus.jsonl", "w", encoding="utf-8") as file:
        for name, (title, text) in corpus.items():
            file.write(json.dumps({"_id": name, "title": title, "text": text}, ensure_ascii=False) + "\n")
    with open(folder / "queries.jsonl", "w", encoding="utf-8") as file:
        for name, text in queries.items():
            file.write(json.dumps({"_id": name, "text": text}, ensure_ascii=False) + "\n")
    with open(folder / "qrels" / f"{split}.tsv", "w", encoding="utf-8") as file:
        file.write("query-id\tcorpus-id\tscore\n")
        for query, judged in qrels.items():
            for document, relevance in judged.items():
                file.write(f"{query}\t{document}\t{relevance}\n")
