"""How far two extractions of one document agree.

Both texts become words: NFKC, case folded, soft hyphens out, only letters and digits; Chinese and Japanese characters count as words, and so does a run of digits.
A hyphen never parts a word, so that a hyphenated line end cannot count twice. Agreement is 2 M / (a + b): M is the number of words in the longest matching
blocks of both sequences in order (difflib), a and b are their lengths. 1 is the same words in the same order; a lost, added or moved paragraph lowers it by its share.
"""
import difflib
import re
import unicodedata

UNSPACED = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")
HYPHENS = re.compile("[-\u2010\u2011\u2212]\\s*")


def words(text):
    text = unicodedata.normalize("NFKC", text.replace("\u00ad", "")).casefold()
    return WORD.findall(HYPHENS.sub("", text))


def agreement(one, other):
    a, b = words(one), words(other)
    if not a and not b:
        return 1.0
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
