"""Token ids against the reference implementation (`tokenizers`): every code point, and odd texts. Needs the built probe; no network, no real model."""
import pathlib
import random
import tempfile
import unicodedata
import unittest

from probe import Probe
from reference import tiny_config, tiny_weights, write_model
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

EVERY = [chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000]
WORDS = ["the", "token", "##ization", "##s", "un", "##believ", "##able", "cafe", "strasse", "naive", "hello", "world", "don", "t", "s", "世", "界", "東", "京", "##ing", "3", "##4", "##5"]


def pieces():
    """Letters of many scripts, alone and continuing, so that few words end in [UNK]."""
    letters = [chr(point) for block in (range(0x21, 0x250), range(0x250, 0x600, 3), range(0x900, 0x980), range(0x1100, 0x1200), range(0x2000, 0x2100, 2), range(0x3041, 0x3100), range(0xAC00, 0xAC40))
               for point in block]
    out = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    out += [c for c in letters + ["\U0001F600", "\U0001F970", "\u302E"] if not c.isspace()]
    out += ["##" + c for c in letters + ["\U0001F600", "\u302E", "\u200D"] if not c.isspace()]
    return list(dict.fromkeys(p for p in out if p.strip() == p and p))


def reference(vocabulary):
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(vocabulary)}, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


class TokenizerParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        vocabulary = pieces()
        cls.reference = reference(vocabulary)
        config = {**tiny_config("bert"), "vocab_size": len(vocabulary)}
        write_model(cls.folder.name, config, tiny_weights(config), 24, vocabulary)
        cls.reference.save(str(pathlib.Path(cls.folder.name) / "tokenizer.json"))
        cls.probe = Probe(cls.folder.name).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.probe.__exit__()
        cls.folder.cleanup()

    def check(self, text):
        expected = self.reference.encode(text, add_special_tokens=False)
        got = self.probe.tokens(text)
        self.assertEqual([token[0] for token in got], expected.ids, ascii(text[:80]))
        size = len(text.encode())
        for _, begin, end in got:
            self.assertTrue(begin < end <= size)

    def test_every_code_point(self):
        for at in range(0, len(EVERY), 24):
            self.check("".join(f" x{c}y" for c in EVERY[at:at + 24]))

    def test_neighbours_that_combine(self):
        marks = [c for c in EVERY if unicodedata.combining(c)]
        generator = random.Random(1)
        for _ in range(3000):
            self.check("".join(generator.choice(marks + list("ab 한")) for _ in range(generator.randint(1, 12))))

    def test_random_unicode(self):
        generator = random.Random(2)
        pools = [EVERY, EVERY[:0x3100], list("abcdehlortz  .,-_'[]CLSEPMAK#\t\n\r\0"), list("世界東京あア한국é\u0301\u200d\u00ad\ufffd ")]
        for _ in range(6000):
            pool = generator.choice(pools)
            self.check("".join(generator.choice(pool) for _ in range(generator.randint(1, 60))))

    def test_odd_texts(self):
        for text in ["", " ", "\0", "Hello World!", "unbelievable tokenizations", "Café naïve Straße STRASSE", "Don't", "東京2020年", "[CLS] x [SEP] [MASK] [cls]", "x" * 100, "x" * 101,
                     "é" * 100, "e\u0301" * 100, "é" * 101, "\U0001F468\u200d\U0001F469\u200d\U0001F467", "İıſ", "ΟΔΥΣΣΕΥΣ", "a\u0085b\u000bc\u000cd", "a\u2028b\u2029c\u3000d\u1680e",
                     "ﬁﬂ①²½", "3.1415,926", "a_b-c/d\\e", "\ufeffbom", "한국어", "हिन्दी", "العربية", "עִברִית", "ไทย", "x\u0300\u0301\u0302" * 50]:
            self.check(text)

    def test_the_check_can_fail(self):
        with self.assertRaises(AssertionError):
            self.assertEqual([token[0] for token in self.probe.tokens("hello")], self.reference.encode("world", add_special_tokens=False).ids)


if __name__ == "__main__":
    unittest.main()
