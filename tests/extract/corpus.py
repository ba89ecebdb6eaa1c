"""Documents of mixed kinds and languages, made at run time from what Debian packages ship, and what independent libraries read in them."""
import csv
import dataclasses
import glob
import gzip
import html as html_escape
import io
import os
import pathlib
import re
import subprocess

TIMES_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"


@dataclasses.dataclass
class Case:
    name: str
    path: pathlib.Path
    truth: object = None       # text, or a list of texts by page
    declared: str = ""
    pages: int = 0


def run(command, **options):
    return subprocess.run(command, check=True, capture_output=True, **options).stdout


def plain_manual(path, columns=78):
    """A manual page as plain text, in UTF-8, without overstriking."""
    source = gzip.open(path).read()
    text = run(["groff", "-K", "utf8", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u", "-P-o", f"-rLL={columns}n"], input=source).decode(errors="replace")
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def manual(name):
    return sorted(glob.glob(f"/usr/share/man/man?/{name}.gz"))[0]


def longest_manual(language):
    """The longest one in this language, but none much longer than a chapter."""
    return max(glob.glob(f"/usr/share/man/{language}/man?/*.gz"), key=lambda path: (min(os.path.getsize(path), 9000), path))


def text_in(language):
    return plain_manual(longest_manual(language))


# ---- PDF -------------------------------------------------------------------------------------------------------------------------------------------

def pdf_truth(path):
    import fitz
    fitz.TOOLS.mupdf_display_errors(False)
    with fitz.open(path) as document:
        return [page.get_text("text", sort=False, flags=fitz.TEXT_DEHYPHENATE | fitz.TEXT_MEDIABOX_CLIP) for page in document]


def groff_pdfs(folder):
    """Manual pages set by groff: hyphenated, justified, with ligatures, a header and a page number on each page."""
    wanted = [("en", manual(name)) for name in ("find.1", "jq.1", "ccache.1", "dash.1", "git-log.1")] + [(language, longest_manual(language)) for language in ("de", "fr", "es")]
    for language, source in wanted:
        path = folder / f"groff-{language}-{pathlib.Path(source).name.split('.')[0]}.pdf"
        path.write_bytes(run(["groff", "-K", "utf8", "-man", "-Tpdf"], input=gzip.open(source).read()))
        yield Case(path.stem, path)
    for number, macro in enumerate((".2C", ".1C")):
        path = folder / f"groff-ms-{number + 1}.pdf"
        body = [".TL\nOf columns and lines\n.AU\nA. Writer\n" + macro + "\n.hy 4\n"]
        for i, paragraph in enumerate(re.split(r"\n\s*\n", plain_manual(manual("find.1")))[4:90]):
            words = re.sub(r"^[.']", "\\\\&", " ".join(paragraph.split()).replace("\\", "\\e"))
            body.append((f".NH 1\nSection {i}\n" if i % 12 == 0 else "") + ".PP\n" + words + "\n")
        path.write_bytes(run(["groff", "-K", "utf8", "-ms", "-Tpdf"], input="".join(body).encode()))
        yield Case(path.stem, path)
    for name in ("automake", "groff"):   # as packages ship them
        shipped = pathlib.Path(f"/usr/share/doc/groff-base/{name}.pdf.gz")
        if shipped.exists():
            path = folder / f"shipped-{name}.pdf"
            path.write_bytes(first_pages(gzip.open(shipped).read(), 40))
            yield Case(path.stem, path)


def first_pages(data, count):
    import fitz
    document = fitz.open(stream=data, filetype="pdf")
    document.select(range(min(count, len(document))))
    return document.tobytes()


def reportlab_pdfs(folder):
    from reportlab.lib.enums import TA_JUSTIFY
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    pdfmetrics.registerFont(TTFont("Serif", TIMES_FONT))
    for font in ("HeiseiMin-W3", "STSong-Light", "MSung-Light", "HYSMyeongJo-Medium"):
        pdfmetrics.registerFont(UnicodeCIDFont(font))

    def number(canvas, template):
        canvas.setFont("Serif", 9)
        canvas.drawCentredString(A4[0] / 2, 20, str(template.page))

    def build(name, font, paragraphs, columns):
        path = folder / f"reportlab-{name}.pdf"
        style = ParagraphStyle("body", fontName=font, fontSize=10, leading=13, alignment=TA_JUSTIFY, spaceAfter=6, wordWrap="CJK" if font not in ("Serif", "Times-Roman") else None)
        heading = ParagraphStyle("heading", parent=style, fontSize=15, leading=19)
        width = (A4[0] - 100 - 20 * (columns - 1)) / columns
        frames = [Frame(50 + i * (width + 20), 50, width, A4[1] - 100) for i in range(columns)]
        document = BaseDocTemplate(str(path), pagesize=A4, title=f"Document {name}", author="The test", lang="en")
        document.addPageTemplates([PageTemplate(frames=frames, onPage=number)])
        story = []
        for i, text in enumerate(paragraphs):
            if i % 8 == 0:
                story.append(Paragraph(f"{i // 8 + 1} Part", heading))
            story.append(Paragraph(html_escape.escape(text), style))
        document.build(story)
        return Case(path.stem, path)

    for language, columns in (("ru", 1), ("uk", 2), ("pl", 2), ("cs", 1), ("de", 2), ("fr", 3)):
        yield build(f"{language}-{columns}", "Serif", paragraphs_of(text_in(language)), columns)
    yield build("en-2", "Times-Roman", paragraphs_of(plain_manual(manual("find.1"))), 2)
    yield build("ja", "HeiseiMin-W3", JAPANESE * 12, 2)
    yield build("zh", "STSong-Light", CHINESE * 12, 1)
    yield build("ko", "HYSMyeongJo-Medium", KOREAN * 12, 1)


def paragraphs_of(text, most=60):
    found = [" ".join(p.split()) for p in re.split(r"\n\s*\n", text)]
    return [p for p in found if len(p) > 60][:most]


JAPANESE = ["むかしむかし、あるところに、おじいさんとおばあさんがありました。まいにち、おじいさんは山へしば刈りに、おばあさんは川へ洗濯に行きました。",
            "ある日、おばあさんが、川のそばで、せっせと洗濯をしていますと、川上から、大きな桃が一つ、流れて来ました。"]
CHINESE = ["从前有一座山，山上有一座庙，庙里住着一个老和尚和一个小和尚。每天早晨，小和尚都要下山去挑水。", "春天来了，山坡上开满了鲜花，小河里的水也慢慢地涨了起来。"]
TRADITIONAL = ["從前有一座山，山上有一座廟，廟裡住著一個老和尚和一個小和尚。每天早晨，小和尚都要下山去挑水。", "春天來了，山坡上開滿了鮮花，小河裡的水也慢慢地漲了起來。"]
KOREAN = ["옛날 옛적에 어느 마을에 마음씨 착한 나무꾼이 살고 있었습니다. 나무꾼은 날마다 산에 올라가 나무를 했습니다.", "어느 날 사슴 한 마리가 급히 달려와 살려 달라고 말했습니다."]
GREEK = ["Μια φορά κι έναν καιρό ζούσε σε ένα μικρό χωριό ένας γέρος ξυλοκόπος με τη γυναίκα του. Κάθε πρωί πήγαινε στο δάσος."]
HEBREW = ["לפני שנים רבות חי בכפר קטן חוטב עצים זקן עם אשתו. בכל בוקר הוא הלך ליער והביא עצים הביתה."]
ARABIC = ["في قديم الزمان عاش في قرية صغيرة حطاب عجوز مع زوجته. كان يذهب كل صباح إلى الغابة ويعود بالحطب."]


# ---- LibreOffice -----------------------------------------------------------------------------------------------------------------------------------

def office_documents(folder):
    """HTML pages that LibreOffice turns into PDF and DOCX."""
    sources = []
    texts = {language: paragraphs_of(text_in(language), 40) for language in ("ru", "pl", "es", "it")}
    texts |= {"el": GREEK * 20, "he": HEBREW * 15, "ar": ARABIC * 15}
    for language, paragraphs in texts.items():
        direction = "rtl" if language in ("he", "ar") else "ltr"
        body = "".join(f"<h2>{i // 8 + 1}</h2>" * (i % 8 == 0) + f"<p>{html_escape.escape(p)}</p>" for i, p in enumerate(paragraphs))
        table = "<table border=1><tr><th>alpha</th><th>beta</th></tr><tr><td>one</td><td>two</td></tr></table><ul><li>first item</li><li>second item</li></ul>"
        path = folder / f"office-{language}.html"
        path.write_text(f'<html lang={language} dir={direction}><head><meta charset=utf-8><title>Office {language}</title></head><body style="font-family:DejaVu Serif">{body}{table}</body></html>')
        sources.append(path)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    for target, inputs in (("odt", sources), ("docx", [path.with_suffix(".odt") for path in sources]), ("pdf", [path.with_suffix(".odt") for path in sources])):
        run(["soffice", profile, "--headless", "--convert-to", target, "--outdir", folder, *inputs], timeout=240, env={**os.environ, "HOME": str(folder)})
    for path in sources:
        yield Case(path.stem + "-pdf", path.with_suffix(".pdf"))
        yield Case(path.stem + "-docx", path.with_suffix(".docx"), docx_truth(path.with_suffix(".docx")))


def docx_truth(path):
    import docx
    out = []
    for element in docx.Document(str(path)).iter_inner_content():
        if hasattr(element, "rows"):
            out += [" ".join(cell.text for cell in row.cells) for row in element.rows]
        else:
            out.append(element.text)
    return "\n".join(out)


def written_docx(folder):
    import docx
    for language in ("de", "fr"):
        document = docx.Document()
        document.add_heading("Überschrift", 0)
        for i, paragraph in enumerate(paragraphs_of(text_in(language), 40)):
            if i % 8 == 0:
                document.add_heading(f"Teil {i}", 1)
            document.add_paragraph(paragraph, style="List Bullet" if i % 5 == 4 else None)
        table = document.add_table(rows=3, cols=3)
        for i, cell in enumerate(cell for row in table.rows for cell in row.cells):
            cell.text = f"Zelle {i}"
        path = folder / f"written-{language}.docx"
        document.save(path)
        yield Case(path.stem, path, docx_truth(path))


# ---- HTML, Markdown, text, CSV ---------------------------------------------------------------------------------------------------------------------

def html_truth(data, encoding=None):
    import warnings

    from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
    warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
    tree = BeautifulSoup(data, "html5lib", from_encoding=encoding)
    for element in tree.find_all(["script", "style", "template", "noscript", "head", "title"]):
        element.decompose()
    for element in [e for e in tree.find_all(True) if e.attrs and (e.has_attr("hidden") or re.search(r"display:\s*none", e.get("style") or ""))]:
        element.decompose()
    return tree.get_text(" ")


def html_pages(folder):
    shipped = [p for p in sorted(glob.glob("/usr/share/doc/groff-base/html/mom/*.html")) if 4_000 < os.path.getsize(p) < 90_000][:6]
    for source in shipped:
        path = folder / f"html-{pathlib.Path(source).name}"
        data = pathlib.Path(source).read_bytes()
        path.write_bytes(data)
        yield Case(path.stem, path, html_truth(data))
    for language, encoding in (("ru", "windows-1251"), ("ja", "shift_jis"), ("pl", "iso-8859-2")):
        text = text_in(language).encode(encoding, "ignore").decode(encoding)
        page = f"<!doctype html><html><head><meta charset={encoding}><title>T</title><script>var hidden = 1;</script></head><body><div hidden>secret</div><pre>{html_escape.escape(text)}</pre></body></html>"
        path = folder / f"html-{encoding}.html"
        path.write_bytes(page.encode(encoding))
        yield Case(path.stem, path, text)


def markdown_files(folder):
    from markdown_it import MarkdownIt
    found = [p for p in sorted(glob.glob("/usr/share/doc/*/README.md")) if 3_000 < os.path.getsize(p) < 60_000][:8]
    for number, source in enumerate(found):
        text = pathlib.Path(source).read_text()
        path = folder / f"markdown-{number}.md"
        path.write_text(text)
        yield Case(path.stem, path, html_truth(MarkdownIt("commonmark").enable("table").enable("strikethrough").render(text).encode(), "utf-8"))


ENCODINGS = [("ru", "koi8-r"), ("ru", "windows-1251"), ("ja", "euc-jp"), ("ja", "shift_jis"), ("ja", "iso2022_jp"), ("de", "iso-8859-1"), ("fr", "cp1252"), ("pl", "iso-8859-2"), ("cs", "utf-16"),
             ("uk", "utf-8-sig"), ("de", "utf-16-le"), ("zh", "gb18030"), ("tw", "big5"), ("ko", "euc-kr"), ("el", "iso-8859-7"), ("he", "windows-1255")]


def plain_texts(folder):
    own = {"tw": "\n".join(TRADITIONAL * 10), "zh": "\n".join(CHINESE * 10), "ko": "\n".join(KOREAN * 10), "el": "\n".join(GREEK * 10), "he": "\n".join(HEBREW * 10)}
    for language, encoding in ENCODINGS:
        text = own.get(language) or text_in(language)
        text = text.encode(encoding, "ignore").decode(encoding)
        path = folder / f"text-{language}-{encoding}.txt"
        path.write_bytes(text.encode(encoding))
        yield Case(path.stem, path, text)


def tables(folder):
    rows = [["name", "city", "note"]] + [[f"Name {i}", f"Città {i}", f'said "yes", {i}; then\nleft'] for i in range(200)]
    for delimiter, suffix in ((",", "csv"), (";", "csv"), ("\t", "tsv")):
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows(rows)
        path = folder / f"table-{ord(delimiter)}.{suffix}"
        path.write_text(out.getvalue())
        yield Case(path.stem, path, "\n".join(" ".join(row) for row in rows))


def make(folder):
    """Every case; PDFs come with their truth by page."""
    folder = pathlib.Path(folder)
    for maker in (groff_pdfs, reportlab_pdfs, office_documents, written_docx, html_pages, markdown_files, plain_texts, tables):
        for case in maker(folder):
            if case.path.suffix == ".pdf":
                case.truth = pdf_truth(case.path)
                case.pages = len(case.truth)
            yield case
