"""Tokens of cl100k_base against the reference implementation (`tiktoken`): every code point, and odd texts. Needs the built probe and the installed ranks."""
import os
import pathlib
import random
import time
import unittest

import tiktoken
from probe import Probe
from tiktoken.load import load_tiktoken_bpe

RANKS = pathlib.Path(os.environ["AGENTIC_CACHE"]) / "models/cl100k_base/cl100k_base.tiktoken"
EVERY = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]


def reference():
    """The reference's own definition of the encoding, with the ranks that are installed instead of those it would fetch."""
    from tiktoken_ext import openai_public
    openai_public.load_tiktoken_bpe = lambda _, expected_hash: load_tiktoken_bpe(str(RANKS), expected_hash=expected_hash)
    os.environ["TIKTOKEN_CACHE_DIR"] = ""
    return tiktoken.Encoding(**openai_public.cl100k_base())


class BytePairsParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.reference = reference()
        cls.probe = Probe(RANKS, "ranks").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.probe.__exit__()

    def check(self, text):
        expected = self.reference.encode_ordinary(text)
        got = self.probe.tokens(text)
        self.assertEqual([token[0] for token in got], expected, ascii(text[:80]))
        data = text.encode()
        at, covered = 0, 0   # in bytes of the tokens, and of their spans
        for token, begin, end in got:
            size = len(self.reference.decode_single_token_bytes(token))
            self.assertTrue(begin <= at and at + size <= end and begin <= covered and (data[begin] & 0xC0) != 0x80, (token, begin, end, at))
            self.assertTrue(end == len(data) or (data[end] & 0xC0) != 0x80)
            self.assertTrue(end - (at + size) < 4 and at - begin < 4)
            at, covered = at + size, end
        self.assertEqual(at, len(data))

    def test_every_code_point(self):
        for at in range(0, len(EVERY), 64):
            some = EVERY[at:at + 64]
            text = "".join(f"x{c}y {c}1{c}" for c in some)
            self.assertEqual([token[0] for token in self.probe.tokens(text)], self.reference.encode_ordinary(text), ascii(text[:20]))
            if at < 0x3400 or at % 0x4000 == 0:   # with all the care for which there is no time with each
                self.check("".join(f"x{c}y {c} 1{c}2\n{c}'s{c}{c}!" for c in some))

    def test_random_texts(self):
        generator = random.Random(1)
        pools = [EVERY, EVERY[:0x3100], list("abcstdmlverkEAST'' \u017f\u212a''  "), list(" \t\r\n\u00a0\u2028\u3000\x0b\x85ab1.,!"), list("0123456789 .,٣४x"), list("世界東京あア한국é\u0301\u200d\ufe0f👨👩👧 '"),
                 list("\0\x01\x7f\x1b a\n")]
        for _ in range(20000):
            pool = generator.choice(pools)
            self.check("".join(generator.choice(pool) for _ in range(generator.randint(1, 60))))

    def test_odd_texts(self):
        for text in ["", " ", "\0", "Hello World!", "don't DON'T we'll WE'LL I've they're 'tis 'S 'ſ 'x''", "Café naïve Straße", "e\u0301\u0301", "東京2020年", "3.1415,926 1234567890", "<|endoftext|> <|fim_prefix|>",
                     "a  b   c    d", "a\n\n\n  b \r\n\r\n c\t\t\td", "x \n", "x\n ", " \n \n x", "!!!\n\n\nx", " ...\r\n\r\n", "\u00a0\u00a0x", "def f(x):\n    return x  # ok\n", "{\"a\": [1, 2.5e-10, null]}",
                     "👨‍👩‍👧‍👦🏳️‍🌈", "हिन्दी العربية עִברִית ไทย 한국어", "\ufeffbom", "\U0001D7D8\U0001D7D9", "ﬁﬂ①²½Ⅷ", "https://example.com/a?b=c&d=%20", "x" * 200, "ab" * 500, " " * 300, "\n" * 300, " \n" * 300,
                     "=" * 500, "é" * 500, "👍" * 300, "aaaaaaab" * 300, "-" * 127 + "a"]:
            self.check(text)

    def test_long_runs_in_bounded_time(self):
        for unit, size in (("a", 1_000_000), *((unit, 200_000) for unit in (" ", "\n", "=", "ab", "é", "世", "9", "👍", "' "))):
            text = unit * (size // len(unit.encode()))
            started = time.monotonic()
            got = self.probe.tokens(text)
            self.assertLess(time.monotonic() - started, 60, ascii(unit))   # of a build with sanitizers; quadratic would be hours
            self.assertEqual([token[0] for token in got], self.reference.encode_ordinary(text), ascii(unit))

    def test_own_documents(self):
        repository = pathlib.Path(__file__).resolve().parents[2]
        paths = [*repository.glob("docs/*.md"), *repository.glob("src/embeddings/*.cpp"), *repository.glob("tests/fuzz/corpus/text/*")]
        self.assertGreater(len(paths), 20)
        for path in paths:
            self.check(path.read_text(errors="replace"))

    def test_bytes_that_are_no_utf8_count_as_replacement_characters(self):
        for data in (b"\xff", b"a\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"x\x80\x80y\xf4\x90\x80\x80z", "世".encode() + b"\xb8 ok"):
            text, at = "", 0
            while at < len(data):   # each byte that begins nothing well-formed is one
                for size in (1, 2, 3, 4):
                    try:
                        text, at = text + data[at:at + size].decode(), at + size
                        break
                    except UnicodeDecodeError:
                        continue
                else:
                    text, at = text + "\ufffd", at + 1
            got = self.probe.tokens(data)
            self.assertEqual([token[0] for token in got], self.reference.encode_ordinary(text), data)
            self.assertTrue(all(begin < end <= len(data) for _, begin, end in got))

    def test_the_check_can_fail(self):
        with self.assertRaises(AssertionError):
            self.assertEqual([token[0] for token in self.probe.tokens("hello")], self.reference.encode_ordinary("world"))


if __name__ == "__main__":
    unittest.main()
