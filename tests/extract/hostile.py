"""Files that are made to hurt whoever reads them (docs/extraction.md names the cases). Each is (name, bytes, reasons it may end with; "" is text)."""
import io
import random
import struct
import zipfile
import zlib

TYPES = ('<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>')
RELS = ('<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>')
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MIB = 1 << 20
DAMAGED = {"malformed", "no_text", "unsupported_format", ""}
LIMITS = {"too_large", "time_limit", "memory_limit"}


def docx(document, extra=(), compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELS)
        archive.writestr("word/document.xml", document)
        for name, data in extra:
            archive.writestr(name, data)
    return out.getvalue()


def body(inside):
    return f'<?xml version="1.0"?><w:document {WORD}><w:body>{inside}</w:body></w:document>'


PARAGRAPH = "<w:p><w:r><w:t>text</w:t></w:r></w:p>"


# ---- ZIP and XML -----------------------------------------------------------------------------------------------------------------------------------

def repeated(head, piece, times, tail=b"", level=9, raw=True):
    """head + times * piece + tail, deflated: the piece is compressed once, and its blocks are repeated."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15 if raw else 15)
    begin = deflate.compress(head) + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(piece) + deflate.flush(zlib.Z_FULL_FLUSH)
    return begin + block * times + deflate.compress(tail) + deflate.flush()


def flat_bomb():
    """More than a gigabyte."""
    piece = (PARAGRAPH * 20_000).encode()
    head, tail = body("|").encode().split(b"|")
    data = repeated(head, piece, 1200, tail)
    return raw_zip([("_rels/.rels", RELS.encode(), None), ("word/document.xml", data, (0, len(head) + 1200 * len(piece) + len(tail)))])


def raw_zip(entries):
    """A ZIP file entry by entry; (name, bytes, None) is stored, (name, deflated bytes, (crc, size)) is taken as it is."""
    out, directory = b"", b""
    for name, data, deflated in entries:
        crc, size = deflated or (zlib.crc32(data), len(data))
        fields = struct.pack("<HHHHHIII", 20, 0, 8 if deflated else 0, 0, 0x21, crc & 0xFFFFFFFF, len(data), min(size, 0xFFFFFFFE))
        directory += b"PK\x01\x02\x14\0" + fields + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name.encode() + data
    return out + directory + b"PK\x05\x06\0\0\0\0" + struct.pack("<HHIIH", len(entries), len(entries), len(directory), len(out), 0)


def nested_bomb():
    data = bytes(MIB)
    for level in range(8):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for i in range(10):
                archive.writestr(f"{level}-{i}.zip", data)
        data = out.getvalue()
    return data


def overlapping_bomb():
    """Many names for one piece of deflated data."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = kernel.compress(bytes(50 * MIB)) + kernel.flush()
    fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0x21, zlib.crc32(bytes(50 * MIB)), len(data), 50 * MIB)
    local = b"PK\x03\x04" + fields + struct.pack("<HH", 17, 0) + b"word/document.xml" + data
    directory = b"".join(b"PK\x01\x02\x14\0" + fields + struct.pack("<HHHHHII", 17, 0, 0, 0, 0, 0, 0) + b"word/document.xml" for _ in range(2000))
    return local + directory + b"PK\x05\x06\0\0\0\0" + struct.pack("<HHIIH", 2000, 2000, len(directory), len(local), 0)


def quine_like():
    """A directory whose entry covers the whole file, itself included."""
    data = bytearray(docx(body(PARAGRAPH), compression=zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<II", data, at + 20, len(data), len(data))
    struct.pack_into("<I", data, at + 42, 0)
    return bytes(data)


def patched(data, marker, offset, value, size=4):
    out = bytearray(data)
    at = out.rfind(marker) + offset
    out[at:at + size] = value.to_bytes(size, "little")
    return bytes(out)


def entity_bomb():
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
    return docx(f'<?xml version="1.0"?><!DOCTYPE d [{entities}]><w:document {WORD}><w:body><w:p><w:r><w:t>x &a11;</w:t></w:r></w:p></w:body></w:document>')


def external_entity():
    return docx(f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><w:document {WORD}><w:body><w:p><w:r><w:t>x &e;</w:t></w:r></w:p></w:body></w:document>')


def zip_cases():
    plain = docx(body(PARAGRAPH * 50))
    yield "zip-flat-bomb", flat_bomb(), LIMITS
    yield "zip-nested-bomb", nested_bomb(), {"unsupported_format"}
    yield "zip-overlapping", overlapping_bomb(), LIMITS | DAMAGED
    yield "zip-quine", quine_like(), DAMAGED
    yield "zip-many-entries", docx(body(PARAGRAPH), [(f"x/{i}", b"") for i in range(60_000)]), {""}
    yield "zip-size-2^32", patched(plain, b"PK\x01\x02", 24, 0xFFFFFFFF), DAMAGED
    yield "zip-size-2^31", patched(plain, b"PK\x01\x02", 24, 0x80000000), DAMAGED
    yield "zip-offset-2^31", patched(plain, b"PK\x01\x02", 42, 0x80000000), DAMAGED
    yield "zip-directory-2^31", patched(plain, b"PK\x05\x06", 16, 0x80000000), DAMAGED
    yield "zip-count-65535", patched(plain, b"PK\x05\x06", 10, 0xFFFF, 2), DAMAGED
    yield "zip-encrypted", patched(patched(plain, b"PK\x01\x02", 8, 1, 2), b"PK\x01\x02", 10, 8, 2), DAMAGED | {"encrypted"}
    yield "zip-wrong-checksum", patched(plain, b"PK\x01\x02", 16, 0), DAMAGED
    yield "zip-path-names", docx(body(PARAGRAPH), [("../../../../tmp/escaped", b"x"), ("/etc/cron.d/x", b"x"), ("a\\..\\b", b"x")]), {""}
    yield "xml-entity-bomb", entity_bomb(), DAMAGED
    yield "xml-external-entity", external_entity(), DAMAGED
    yield "xml-deep", docx(body("<w:sdt>" * 100_000)), DAMAGED
    yield "xml-deep-closed", docx(body("<w:sdt>" * 50_000 + "</w:sdt>" * 50_000)), DAMAGED
    yield "xml-many-attributes", docx(f"<w:document {WORD} " + " ".join(f'a{i}="x"' for i in range(200_000)) + "><w:body/></w:document>"), DAMAGED
    yield "xml-long-attribute", docx(f'<w:document {WORD} a="{"x" * (20 * MIB)}"><w:body/></w:document>'), DAMAGED
    yield "xml-not-closed", docx(body("<w:p><w:r><w:t>")), DAMAGED
    yield "docx-nested-tables", docx(body("<w:tbl><w:tr><w:tc>" * 20_000)), DAMAGED
    yield "docx-million-runs", docx(body("<w:p>" + "<w:r><w:t>x</w:t></w:r>" * 1_000_000 + "</w:p>")), {""} | LIMITS
    yield "docx-note-names-itself", docx(body('<w:p><w:r><w:footnoteReference w:id="1"/></w:r></w:p>'), [
        ("word/_rels/document.xml.rels", RELS.replace("officeDocument\" Target=\"word/document.xml", 'footnotes" Target="footnotes.xml')),
        ("word/footnotes.xml", f'<w:footnotes {WORD}><w:footnote w:id="1"><w:p><w:r><w:t>n</w:t><w:footnoteReference w:id="1"/></w:r></w:p></w:footnote></w:footnotes>')]), {""}
    yield "docx-external-template", docx(body(PARAGRAPH), [("word/_rels/document.xml.rels", RELS.replace('officeDocument" Target="word/document.xml"', 'styles" TargetMode="External" Target="http://127.0.0.1:9/x"'))]), {""}
    for share in (0.1, 0.5, 0.9, 0.99):
        yield f"zip-cut-{share}", plain[:int(len(plain) * share)], DAMAGED


# ---- PDF -------------------------------------------------------------------------------------------------------------------------------------------

def pdf(objects, root=1, trailer=""):
    """A PDF of these objects (bytes each, number 1 first), with a right cross-reference table."""
    out, offsets = b"%PDF-1.7\n", []
    for number, data in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + data + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + b"trailer <</Size %d /Root %d 0 R %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, root, trailer.encode(), xref)


def stream(data, extra=b""):
    return b"<</Length %d %s>>\nstream\n" % (len(data), extra) + data + b"\nendstream"


def one_page(content, extra=b"", resources=b"<</Font <</F 5 0 R>>>>", more=()):
    return pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>",
                b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources " + resources + b">>",
                stream(content, extra), b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>", *more])


TEXT = b"BT /F 12 Tf 50 700 Td (Hello, world) Tj ET\n"


def deflated(data, times=1):
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


def flate_in_flate():
    filters = b"/Filter [" + b"/FlateDecode " * 3 + b"]"
    return one_page(deflated(b" " * (60 * MIB), 3), filters)


def pdf_bomb(megabytes, unit):
    return one_page(repeated(b"", unit * (MIB // len(unit)), megabytes, raw=False), b"/Filter /FlateDecode")


def pdf_cases():
    plain = one_page(TEXT * 3)
    page = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R>>"
    yield "pdf-text-bomb", pdf_bomb(400, TEXT), LIMITS | {""}
    yield "pdf-white-bomb", pdf_bomb(3000, b" "), LIMITS | {"no_text"}
    yield "pdf-flate-in-flate", flate_in_flate(), LIMITS | {"no_text"}
    yield "pdf-xref-loop", plain.replace(b"trailer <<", b"trailer <</Prev %d " % plain.rfind(b"xref\n0")), DAMAGED
    yield "pdf-startxref-2^31", plain[:plain.rfind(b"startxref")] + b"startxref\n2147483648\n%%EOF", DAMAGED
    yield "pdf-size-2^31", plain.replace(b"/Size 6", b"/Size 2147483647"), DAMAGED | LIMITS
    yield "pdf-xref-count-2^31", plain.replace(b"xref\n0 6", b"xref\n0 2147483647"), DAMAGED | LIMITS
    yield "pdf-length-2^31", plain.replace(b"/Length %d" % len(TEXT * 3), b"/Length 2147483648"), DAMAGED
    yield "pdf-page-count-2^31", plain.replace(b"/Count 1", b"/Count 2147483647"), DAMAGED | LIMITS
    yield "pdf-page-count-negative", plain.replace(b"/Count 1", b"/Count -5"), DAMAGED
    yield "pdf-media-box-2^31", plain.replace(b"[0 0 600 800]", b"[0 0 2147483648 1e300]"), DAMAGED
    yield "pdf-font-size-1e30", one_page(TEXT.replace(b"12 Tf", b"1e30 Tf")), DAMAGED
    yield "pdf-page-tree-loop", pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [2 0 R] /Count 1>>"]), DAMAGED
    yield "pdf-page-tree-cycle", pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 9>>", b"<</Type /Pages /Kids [2 0 R 2 0 R] /Count 9 /Parent 2 0 R>>"]), DAMAGED
    yield "pdf-deep-page-tree", pdf([b"<</Type /Catalog /Pages 2 0 R>>"] + [b"<</Type /Pages /Kids [%d 0 R] /Count 1>>" % (n + 1) for n in range(2, 5000)] + [page]), DAMAGED | {"crashed"}
    yield "pdf-wide-page-tree", pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [" + b"3 0 R " * 90_000 + b"] /Count 90000>>",
                                     b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R>>", stream(b"")]), DAMAGED | LIMITS
    yield "pdf-form-calls-itself", one_page(b"/X Do", resources=b"<</XObject <</X 6 0 R>>>>", more=[stream(b"/X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X 6 0 R>>>>")]), DAMAGED
    forms = [stream(b"/X Do " * 12, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <</XObject <</X %d 0 R>>>>" % (7 + n)) for n in range(12)]
    yield "pdf-forms-exponential", one_page(b"/X Do", resources=b"<</XObject <</X 6 0 R>>>>", more=[*forms, stream(TEXT, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9]")]), DAMAGED | LIMITS
    yield "pdf-object-stream-loop", pdf([b"<</Type /Catalog /Pages 2 0 R>>", stream(b"2 0 <</Type /Pages>>", b"/Type /ObjStm /N 1 /First 4 /Extends 2 0 R")]), DAMAGED
    yield "pdf-indirect-length-loop", pdf([b"<</Type /Catalog /Pages 2 0 R>>", b"<</Type /Pages /Kids [3 0 R] /Count 1>>", page, b"<</Length 4 0 R>>\nstream\nBT ET\nendstream"]), DAMAGED
    yield "pdf-deep-arrays", one_page(b"[" * 500_000), DAMAGED | {"crashed"}
    yield "pdf-deep-dictionaries", pdf([b"<</Type /Catalog /Pages 2 0 R /X " + b"<</A " * 200_000 + b">>"]), DAMAGED | {"crashed"}
    yield "pdf-many-saves", one_page(b"q " * 2_000_000 + TEXT), DAMAGED | LIMITS
    yield "pdf-predictor-2^31", one_page(deflated(b"x" * 1000), b"/Filter /FlateDecode /DecodeParms <</Predictor 15 /Columns 2147483647 /Colors 32 /BitsPerComponent 16>>"), DAMAGED
    yield "pdf-lzw-garbage", one_page(random.Random(1).randbytes(100_000), b"/Filter /LZWDecode"), DAMAGED
    yield "pdf-encrypted", plain.replace(b"trailer <<", b"trailer <</Encrypt <</Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O (" + b"o" * 32 + b") /U (" + b"u" * 32 + b")>> /ID [(a) (a)] "), {"encrypted"}
    yield "pdf-image-only", one_page(b"q 100 0 0 100 0 0 cm /I Do Q", resources=b"<</XObject <</I 6 0 R>>>>", more=[stream(bytes(100), b"/Type /XObject /Subtype /Image /Width 10 /Height 10 /ColorSpace /DeviceGray /BitsPerComponent 8")]), {"no_text"}
    yield "pdf-image-2^31", one_page(b"/I Do", resources=b"<</XObject <</I 6 0 R>>>>", more=[stream(bytes(100), b"/Type /XObject /Subtype /Image /Width 2147483647 /Height 2147483647 /ColorSpace /DeviceRGB /BitsPerComponent 16")]), DAMAGED
    cmap = b"begincmap 1 begincodespacerange <00000000> <ffffffff> endcodespacerange 1 beginbfrange <00000000> <ffffffff> <0041> endbfrange endcmap"
    yield "pdf-cmap-range-2^32", one_page(TEXT, resources=b"<</Font <</F 6 0 R>>>>", more=[b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 7 0 R>>", stream(cmap)]), DAMAGED | LIMITS
    yield "pdf-header-only", b"%PDF-1.7\n", {"malformed"}
    for share in (0.2, 0.6, 0.95):
        yield f"pdf-cut-{share}", plain[:int(len(plain) * share)], DAMAGED


# ---- HTML, Markdown, text --------------------------------------------------------------------------------------------------------------------------

def text_cases():
    yield "html-deep", b"<!doctype html>" + b"<div>" * 300_000 + b"deep", LIMITS | {""}
    yield "html-formatting", b"<!doctype html>" + b"<a><b><div>" * 60_000, LIMITS | {"no_text", ""}
    yield "html-tables", b"<!doctype html>" + b"<table><tr><td>" * 30_000 + b"x", LIMITS | {""}
    yield "html-attributes", b"<!doctype html><p " + b" ".join(b"a%d=x" % i for i in range(60_000)) + b">text", LIMITS | {""}
    yield "html-entities", b"<!doctype html>" + b"&amp;&NotEqualTilde;&#x110000;&#0;" * 200_000, LIMITS | {""}
    yield "html-external", b'<!doctype html><link rel=stylesheet href="http://127.0.0.1:9/"><iframe src="file:///etc/passwd"></iframe><img src=x><p>text', {""}
    yield "html-unclosed-comment", b"<!doctype html>text<!--" + b"-" * MIB, {""}
    yield "markdown-brackets", b"[" * 200_000 + b"text", LIMITS | {""}
    yield "markdown-quotes", b">" * 50_000 + b"text", LIMITS | {""}
    yield "markdown-emphasis", b"*a_ " * 100_000, LIMITS | {""}
    yield "markdown-references", b"".join(b"[%d]: /x\n" % i for i in range(50_000)) + b"[0][0]" * 50_000, LIMITS | {"", "no_text"}
    yield "text-150-mib", b"word and word\n" * (150 * MIB // 14), LIMITS
    yield "text-one-line", b"x" * (50 * MIB), {""} | LIMITS
    yield "text-utf16-odd", b"\xff\xfe" + "text".encode("utf-16-le") + b"x", {""}
    yield "csv-quote", b'"' + b"a,b\n" * MIB, {""} | LIMITS
    yield "binary-noise", random.Random(2).randbytes(MIB), {"unsupported_format"}
    yield "binary-zeros", bytes(MIB), {"unsupported_format", "no_text"}
    yield "empty", b"", {"no_text"}


SUFFIX = {"markdown": ".md", "csv": ".csv", "html": ".html", "pdf": ".pdf", "text": ".txt"}


def cases():
    for maker in (zip_cases, pdf_cases, text_cases):
        for name, data, reasons in maker():
            yield name, name + SUFFIX.get(name.split("-")[0], ".docx"), data, reasons
