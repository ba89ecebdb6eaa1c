"""The extractor against independent ones (PyMuPDF, python-docx, html5lib, markdown-it, Python's codecs) on documents of mixed kinds and languages."""
import os
import statistics
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import corpus
import wire
from agreement import agreement

PROGRAM = os.environ["AGENTIC_EXTRACT"]
AGREEMENT_MIN = 0.97
DOCUMENTS_MIN = 40


class Agreement(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.cases = list(corpus.make(cls.folder.name))
        cls.outcomes = {case.name: wire.extract(PROGRAM, case.path, name=case.path.name, declared=case.declared) for case in cls.cases}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def document(self, case):
        outcome = self.outcomes[case.name]
        self.assertEqual(outcome.reason, "", f"{case.name}: {outcome.diagnostics}")
        return outcome.document

    def test_every_document_agrees_with_an_independent_extractor(self):
        self.assertGreaterEqual(len(self.cases), DOCUMENTS_MIN)
        scores = {}
        for case in self.cases:
            document = self.document(case)
            if case.pages:
                scores[case.name] = statistics.mean(agreement(document.page(n + 1), truth) for n, truth in enumerate(case.truth))
            else:
                scores[case.name] = agreement(document.text, case.truth)
        for name, score in sorted(scores.items(), key=lambda item: item[1]):
            if score < 1 or os.environ.get("VERBOSE"):
                print(f"{score:.4f} {name}")
        print(f"{len(scores)} documents, mean agreement {statistics.mean(scores.values()):.4f}")
        self.assertEqual([name for name, score in scores.items() if score < AGREEMENT_MIN], [])

    def test_every_page_number_is_right(self):
        """Each page is closest to the page of that number, among itself and its neighbours."""
        checked = 0
        for case in self.cases:
            if not case.pages:
                continue
            document = self.document(case)
            self.assertEqual(document.page_count, case.pages, case.name)
            for number in range(1, case.pages + 1):
                if len(case.truth[number - 1].split()) < 20:
                    continue
                near = [n for n in (number - 1, number, number + 1) if 1 <= n <= case.pages]
                best = max(near, key=lambda n: (agreement(document.page(number), case.truth[n - 1]), n == number))
                self.assertEqual(best, number, f"{case.name}, page {number}")
                checked += 1
        print(f"{checked} pages")
        self.assertGreater(checked, 100)

    def test_text_is_clean(self):
        for case in self.cases:
            document = self.document(case)
            self.assertFalse(set(document.text) & {chr(c) for c in range(32) if c != 10}, case.name)
            self.assertFalse(document.text.startswith((" ", "\n")) or document.text.endswith((" ", "\n")), case.name)
            self.assertEqual("\n\n".join(block.text for block in document.blocks), document.text, case.name)

    def test_the_measure_sees_what_goes_wrong(self):
        """The negative control: lost, doubled and interleaved text and shifted pages fall below the bar."""
        case = next(case for case in self.cases if case.name == "reportlab-en-2")
        truth = "\n".join(case.truth)
        lines = truth.splitlines()
        self.assertEqual(agreement(truth, truth), 1)
        self.assertLess(agreement("\n".join(lines[len(lines) // 15:]), truth), AGREEMENT_MIN)
        self.assertLess(agreement(truth + "\n".join(lines[:len(lines) // 10]), truth), AGREEMENT_MIN)
        half = len(lines) // 2
        across = "\n".join(f"{left} {right}" for left, right in zip(lines[:half], lines[half:]))
        self.assertLess(agreement(across, truth), 0.7)
        self.assertLess(agreement(case.truth[0], case.truth[1]), 0.7)


if __name__ == "__main__":
    unittest.main()
