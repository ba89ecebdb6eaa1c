"""A known-item benchmark out of Debian's documentation packages: from the title or the first sentence of a section, find the rest of the section.

Sections of perl-doc (POD), python3.13-doc (reStructuredText) and manpages, manpages-dev (roff). A query is taken out of the text that it looks for; titles that several sections share
are not asked. Seeded: the same packages give the same benchmark.
"""
import gzip
import pathlib
import random
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import beir

PACKAGES = ["perl-doc", "python3.13-doc", "manpages", "manpages-dev"]
WORDS_MIN, WORDS_MAX = 40, 250  # of a section's text: enough to be found, little enough for one window of the model


def unpack(folder):
    """Downloads and unpacks the packages below `folder`, once."""
    if not (folder / "unpacked").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for package in sorted(folder.glob("*.deb")):
            subprocess.run(["dpkg-deb", "-x", package, folder / "unpacked"], check=True)
    return folder / "unpacked"


def squeezed(text):
    return " ".join(text.split())


def pod_sections(text):
    for part in re.split(r"^=head[1-4] ", text, flags=re.M)[1:]:
        title, _, body = part.partition("\n")
        body = re.split(r"^=(?:item|over|begin|for)\b", body, maxsplit=1, flags=re.M)[0]
        body = "\n\n".join(p for p in body.split("\n\n") if not p.startswith((" ", "\t", "=")))
        for _ in range(3):
            title, body = (re.sub(r"[A-Z]<+\s?([^<>]*?)\s?>+", r"\1", t) for t in (title, body))
        yield title, body


def rst_sections(text):
    parts = re.split(r"^([^\s.*=][^\n]{2,90})\n([=\-~^*\"])\2{2,}\n", text, flags=re.M)
    for title, body in zip(parts[1::3], parts[3::3]):
        paragraphs = [p for p in body.split("\n\n") if p and not p.startswith((" ", "..", "\n", "*", "-", ">", "|", "=", "+"))]
        title, body = (re.sub(r"(:[a-z:+]+:)?`+[~!]?([^`<]*?)(?:\s*<[^`]*>)?`+_*", r"\2", part) for part in (title, "\n\n".join(paragraphs)))
        yield title, body.replace("::", ":")


def man_sections(text):
    text = re.sub(r"\\f[A-Z]|\\f\(..|\\&|\\%|\\s[-+]?\d", "", text).replace("\\-", "-").replace("\\(aq", "'").replace("\\[aq]", "'").replace("\\e", "\\")
    text = re.sub(r"^\.(?:B|I|BR|IR|RB|RI|BI|IB|SM|TP|Dq|Fn|Nm|Xr)\b ?", "", text, flags=re.M)
    name = re.search(r"^\.SH \"?NAME\"?\n(.*?)(?=^\.SH)", text, flags=re.M | re.S)
    body = re.search(r"^\.SH \"?DESCRIPTION\"?\n(.*?)(?=^\.S[HS]|\Z)", text, flags=re.M | re.S)
    if name and body:
        title = squeezed(re.sub(r"^\..*$", "", name[1], flags=re.M)).partition(" - ")[2]
        yield title, "\n\n".join(re.sub(r"^[.'].*$", "", part, flags=re.M) for part in re.split(r"^\.P?P$", body[1], flags=re.M))


def sections(root):
    kinds = [("**/*.pod", pod_sections), ("**/_sources/**/*.rst.txt", rst_sections), ("**/man*/*.gz", man_sections)]
    for pattern, parse in kinds:
        for path in sorted(root.glob(pattern)):
            if path.is_symlink():
                continue
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for title, body in parse(data.decode("utf-8", "replace")):
                words = squeezed(body).split()
                if len(words) >= WORDS_MIN:
                    yield squeezed(title), " ".join(words[:WORDS_MAX])


def first_sentence(text):
    found = re.match(r"(.{30,220}?[.!?])\s+(?=[A-Z])", text)
    return (found[1], text[found.end():]) if found else (None, text)


def make(folder, cache, queries_wanted=2500, seed=20261122):
    generator = random.Random(seed)
    seen, found = set(), []
    for title, text in sections(unpack(cache)):
        if text not in seen:
            seen.add(text)
            found.append((title, text))
    titles = [title.lower() for title, _ in found]
    askable = [i for i, (title, _) in enumerate(found) if len(title.split()) >= 2 and titles.count(title.lower()) == 1]
    by_title = set(generator.sample(askable, min(len(askable), queries_wanted // 2)))
    others = [i for i in range(len(found)) if i not in by_title and first_sentence(found[i][1])[0]]
    by_sentence = set(generator.sample(others, min(len(others), queries_wanted - len(by_title))))
    corpus, queries, qrels = {}, {}, {}
    for i, (title, text) in enumerate(found):
        if i in by_title:
            queries[f"title-{i}"], qrels[f"title-{i}"], title = title, {f"section-{i}": 1}, ""
        elif i in by_sentence:
            queries[f"sentence-{i}"], text = first_sentence(text)
            qrels[f"sentence-{i}"] = {f"section-{i}": 1}
        corpus[f"section-{i}"] = (title, text)
    beir.save(folder, corpus, queries, qrels)
    return len(corpus), len(queries)


if __name__ == "__main__":
    print("%d sections, %d queries" % make(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])))
