#!/usr/bin/env python3
"""./dev bench extract: pages of text a second on one core, from the same PDFs in the same run.

Ours is charged with everything: the worker's start, its sandbox, a process for each document, the way back of the text. pdftotext is charged with its processes, as that
is how it is used; the libraries run inside a Python that has already loaded them. CPU time is what counts: wall-clock on a shared machine says little.
"""
import argparse
import gzip
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

REPO = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO / "tests/extract"))
import corpus
from agreement import agreement
from server import Server

PROGRAM = REPO / "build/release/agentic-extract"
MANUALS = ("bash.1", "git-log.1", "curl.1", "find.1", "jq.1", "ccache.1", "git-config.1", "gpg.1")


def make_documents(folder):
    out = []
    for name in MANUALS:
        path = folder / f"{name}.pdf"
        path.write_bytes(subprocess.run(["groff", "-K", "utf8", "-man", "-Tpdf"], input=gzip.open(corpus.manual(name)).read(), capture_output=True, check=True).stdout)
        out.append(path)
    out += [case.path for case in corpus.reportlab_pdfs(folder)]
    shipped = pathlib.Path("/usr/share/doc/groff-base/groff.pdf.gz")
    if shipped.exists():
        path = folder / "groff.pdf"
        path.write_bytes(gzip.open(shipped).read())
        out.append(path)
    return out


def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def ours(paths):
    started = cpu(resource.RUSAGE_CHILDREN)
    with Server(str(PROGRAM)) as server:
        texts = [server.extract(path.read_bytes(), path.name).document.text for path in paths]
    return cpu(resource.RUSAGE_CHILDREN) - started, texts


def pdftotext(paths):
    started = cpu(resource.RUSAGE_CHILDREN)
    texts = [subprocess.run(["pdftotext", "-enc", "UTF-8", path, "-"], capture_output=True, check=True).stdout.decode() for path in paths]
    return cpu(resource.RUSAGE_CHILDREN) - started, texts


def pypdf(paths):
    import pypdf as library
    started = cpu(resource.RUSAGE_SELF)
    texts = ["\n".join(page.extract_text() for page in library.PdfReader(path).pages) for path in paths]
    return cpu(resource.RUSAGE_SELF) - started, texts


def pymupdf(paths):
    import fitz
    started = cpu(resource.RUSAGE_SELF)
    texts = []
    for path in paths:
        with fitz.open(path) as document:
            texts.append("\n".join(page.get_text() for page in document))
    return cpu(resource.RUSAGE_SELF) - started, texts


def spread(values, digits=1):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}-{max(values):,.{digits}f})"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    readers = {"pypdf": pypdf, "pdftotext": pdftotext, "PyMuPDF": pymupdf, "ours": ours}
    with tempfile.TemporaryDirectory() as folder:
        paths = make_documents(pathlib.Path(folder))
        import fitz
        pages = sum(len(fitz.open(path)) for path in paths)
        seconds = {name: [] for name in readers}
        for number in range(args.rounds + 1):   # the first round warms up
            texts = {}
            for name, reader in readers.items():
                taken, texts[name] = reader(paths)
                if number > 0:
                    seconds[name].append(taken)
        with Server(str(PROGRAM)) as server:
            waits = sorted(server.extract(b"A small text file.\n", "a.txt").seconds for _ in range(200))
    print(f"{len(paths)} PDFs, {pages} pages, {args.rounds} rounds\n")
    print("| reader | pages/s and core, median (min-max) | ratio to pypdf | agreement with PyMuPDF |\n| --- | --- | --- | --- |")
    for name in readers:
        ratios = [base / own for base, own in zip(seconds["pypdf"], seconds[name])]
        agree = statistics.mean(agreement(a[:200_000], b[:200_000]) for a, b in list(zip(texts[name], texts["PyMuPDF"]))[:4])
        print(f"| {name} | {spread([pages / s for s in seconds[name]], 0)} | {spread(ratios)}x | {agree:.3f} |")
    print(f"\nA text file of 19 bytes through a waiting worker: p50 {waits[100] * 1000:.1f} ms, p99 {waits[198] * 1000:.1f} ms.")


if __name__ == "__main__":
    main()
