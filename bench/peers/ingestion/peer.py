"""The specification's way from a PDF to a searchable chunk (docs/ARCHITECTURE.md says what it is): pypdf, its cleaning and chunking, sentence-transformers, SQLAlchemy with pgvector.

    peer.py MODEL_DIRECTORY DATABASE_URL FILE...

One INSERT a chunk, as the specification adds them; one commit a document. Kinder than the specification in two places: chunks are counted by the model's own tokenizer (no second
one is loaded) and a document's chunks are embedded in one call. As there, what a chunk has beyond the model's 256 tokens is not embedded at all. Prints one JSON line: seconds
between the first file and the last commit, with the model loaded and warm.
"""
import asyncio
import json
import re
import sys
import time
import uuid
from io import BytesIO

from pgvector.sqlalchemy import Vector
from pypdf import PdfReader
from sentence_transformers import SentenceTransformer
from sqlalchemy import ForeignKey, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

CHUNK_SIZE, CHUNK_OVERLAP = 512, 50


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "documents"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str]
    status: Mapped[str]
    chunk_count: Mapped[int] = mapped_column(default=0)


class Chunk(Base):
    __tablename__ = "chunks"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("documents.id"), index=True)
    content: Mapped[str]
    embedding: Mapped[list[float]] = mapped_column(Vector(384))
    sequence_number: Mapped[int]


def extract(content):
    pages = PdfReader(BytesIO(content)).pages
    return "\n".join(f"\n--- Page {number} ---\n{page.extract_text()}" for number, page in enumerate(pages, start=1)), len(pages)


def chunk(tokenizer, raw):
    tokens = tokenizer(re.sub(r"\s+", " ", raw).strip(), add_special_tokens=False, verbose=False)["input_ids"]
    start = 0
    while start < len(tokens):
        end = min(start + CHUNK_SIZE, len(tokens))
        part = tokenizer.decode(tokens[start:end])
        if end < len(tokens):
            search_from = int(len(part) * 0.8)
            if match := re.search(r"[.!?]\s+", part[search_from:]):
                part = part[:search_from + match.end()].strip()
        yield part
        start += CHUNK_SIZE - CHUNK_OVERLAP


async def ingest(sessions, model, path):
    with open(path, "rb") as file:
        raw, pages = extract(file.read())
    async with sessions() as db:
        document = Document(title=path, status="processing")
        db.add(document)
        await db.flush()
        chunks = list(chunk(model.tokenizer, raw))
        embeddings = await asyncio.to_thread(model.encode, chunks, show_progress_bar=False)
        for number, (content, embedding) in enumerate(zip(chunks, embeddings)):
            db.add(Chunk(document_id=document.id, content=content, embedding=embedding, sequence_number=number))
            await db.flush()
        document.status, document.chunk_count = "completed", len(chunks)
        await db.commit()
    return pages, len(chunks)


async def main():
    directory, url, *paths = sys.argv[1:]
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(text("CREATE INDEX ON chunks USING hnsw (embedding vector_cosine_ops)"))
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    model = SentenceTransformer(directory, device="cpu")
    model.encode(["warm"] * 8)
    started = time.monotonic()
    done = [await ingest(sessions, model, path) for path in paths]
    print(json.dumps({"seconds": time.monotonic() - started, "cpu": time.process_time(), "pages": sum(d[0] for d in done), "chunks": sum(d[1] for d in done)}))


asyncio.run(main())
