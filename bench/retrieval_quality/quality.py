"""quality.py FOLDER [TOOLS MODEL [fp32|int8]]: nDCG@10 and recall@10 of lexical, vector and hybrid search on a data set in BEIR's layout.

TOOLS is the folder of the built programs (build/release/bench), MODEL a model directory for the vectors; without them the runs that lie in FOLDER/runs are evaluated.
"""
import collections
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import beir
import metrics


def embed(folder, tools, model, precision):
    for name, purpose in (("corpus", "document"), ("queries", "query")):
        target = folder / f"{name}.vectors"
        if not target.exists():
            texts = [" ".join(filter(None, [row.get("title", ""), row["text"]])) for row in beir.lines(folder / f"{name}.jsonl")]
            with open(target.with_suffix(".part"), "wb") as out:
                subprocess.run([tools / "embed_texts", model, precision, purpose], input="".join(json.dumps(t) + "\n" for t in texts).encode(), stdout=out, check=True)
            target.with_suffix(".part").rename(target)


def read_run(path):
    run = collections.defaultdict(dict)
    for line in path.read_text().splitlines():
        query, document, score = line.split("\t")
        run[query][document] = float(score)
    return run


def evaluate(folder):
    _, _, qrels = beir.load(folder)
    kinds = sorted({query.split("-")[0] for query in qrels}) if all("-" in query for query in qrels) else []
    groups = {"all": qrels, **({kind: {q: j for q, j in qrels.items() if q.startswith(kind + "-")} for kind in kinds} if 1 < len(kinds) < 5 else {})}
    print("| ranking | " + " | ".join(f"{name}: nDCG@10 | recall@10" for name in groups) + " |\n| --- |" + " --- | --- |" * len(groups))
    for path in sorted((folder / "runs").glob("*.tsv")):
        run = read_run(path)
        found = [metrics.means(judged, run) for judged in groups.values()]
        print(f"| {path.stem} | " + " | ".join(f"{m['ndcg']:.4f} | {m['recall']:.4f}" for m in found) + " |")


def main():
    folder = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        tools = pathlib.Path(sys.argv[2])
        embed(folder, tools, sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else "int8")
        subprocess.run([tools / "retrieval_runs", folder], check=True)
    evaluate(folder)


if __name__ == "__main__":
    main()
