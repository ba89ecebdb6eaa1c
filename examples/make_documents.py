#!/usr/bin/env python3
"""Writes one small handbook in five formats: a PDF of three pages, DOCX, HTML, Markdown and plain text. Standard library only."""
import pathlib
import sys
import zipfile
from xml.sax.saxutils import escape

PDF_PAGES = [
    ["Safety at sea", "This guide is for the crew of the research vessel Aurora.", "Everybody on board reads it before the first journey."],
    ["Life jackets", "Life jackets are kept in the blue locker next to the bridge.", "They are inspected every six months by the first mate."],
    ["Radio", "The emergency channel of the Aurora is channel sixteen.", "A distress call is answered within two minutes."],
]
DOCX = [("Heading1", "Travel rules"), (None, "The company pays for train journeys in second class."), ("Heading1", "Expenses"),
        (None, "Receipts are handed in within thirty days of the journey."), (None, "The accountant pays them out on the first of the month.")]
HTML = """<!doctype html><html lang="en"><head><title>Canteen</title><style>p { color: green }</style></head><body>
<h1>Canteen</h1><p>Lunch is served from half past eleven until two o'clock.</p>
<h2>Menu</h2><p>The vegetarian dish costs four euros and fifty cents.</p><script>ignore("me")</script></body></html>
"""
MARKDOWN = """# Laboratory

The laboratory is in building seven.

## Microscopes

The electron microscope must be booked two weeks in advance.

## Waste

Solvents go into the red container.
"""
TEXT = """Bicycle parking

Bicycles are parked behind the greenhouse.

A key for the shed can be had from the gardener, Mister Okafor.
"""


def pdf(pages):
    """A PDF with one content stream a page, in a font that every reader has."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", None, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    kids = []
    for lines in pages:
        text = ["BT /F1 20 Tf 72 770 Td (%s) Tj /F1 12 Tf" % lines[0]] + ["0 -28 Td (%s) Tj" % line for line in lines[1:]] + ["ET"]
        stream = "\n".join(text)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {len(objects)} 0 R >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n".encode()


def docx(path, paragraphs):
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    style = lambda name: f'<w:pPr><w:pStyle w:val="{name}"/></w:pPr>' if name else ""
    body = "".join(f"<w:p>{style(name)}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>" for name, text in paragraphs)
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    styles = "application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                         '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
                         f'<Override PartName="/word/document.xml" ContentType="{main}"/><Override PartName="/word/styles.xml" ContentType="{styles}"/></Types>')
        archive.writestr("_rels/.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                         f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="word/document.xml"/></Relationships>')
        archive.writestr("word/_rels/document.xml.rels", '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                         f'<Relationship Id="r1" Type="{relations}/styles" Target="styles.xml"/></Relationships>')
        archive.writestr("word/styles.xml", f'<?xml version="1.0"?><w:styles xmlns:w="{namespace}"><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/>'
                         '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style></w:styles>')
        archive.writestr("word/document.xml", f'<?xml version="1.0"?><w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "safety.pdf").write_bytes(pdf(PDF_PAGES))
    docx(folder / "travel.docx", DOCX)
    (folder / "canteen.html").write_text(HTML)
    (folder / "laboratory.md").write_text(MARKDOWN)
    (folder / "bicycles.txt").write_text(TEXT)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
