#!/usr/bin/env python3
"""Knowledge: documents in, cited answers out, over the real program."""
import json
import pathlib
import random
import sys
import tempfile
import time
import uuid

from harness import main, multipart, on_both_databases, upload

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import tiny_reranker  # noqa: E402
from scripted_embeddings import EmbeddingServer  # noqa: E402

HOURS = """# Library

The reading room is on the second floor.

## Opening hours

The library opens at nine in the morning. On Sundays it stays closed.

## Fees

A lost book costs twenty euros. Reminders are free of charge.
"""
GARDEN = "Tomatoes need plenty of water in July.\n\nBasil does not like cold nights.\n"


class KnowledgeTest:
    """What the suites have in common."""

    def setUp(self):
        self.client = self.server.register()

    def collection(self, client=None, **fields):
        body = {"name": f"c-{uuid.uuid4().hex[:8]}", "chunking": "semantic", "chunk_size": 64, "chunk_overlap": 8, **fields}
        return self.assertStatus((client or self.client).post("/v1/rag/collections", body), 201).json["id"]

    def settled(self, document, client=None, seconds=30):
        until = time.monotonic() + seconds
        while True:
            status = self.assertStatus((client or self.client).get(f"/v1/rag/documents/{document}/status"), 200).json
            if status["status"] in ("completed", "failed", "cancelled"):
                return status
            self.assertLess(time.monotonic(), until, status)
            time.sleep(0.02)

    def add(self, collection, file_name="library.md", text=HOURS, client=None, **more):
        answer = self.assertStatus(upload(client or self.client, collection, file_name, text.encode(), **more), 202)
        status = self.settled(answer.json["document_id"], client)
        self.assertEqual(status["status"], "completed", status)
        return answer.json["document_id"]

    def search(self, query, client=None, **fields):
        return self.assertStatus((client or self.client).post("/v1/rag/query", {"query": query, **fields}), 200).json


@on_both_databases
class Documents(KnowledgeTest):
    def test_uploaded_file_is_found_and_cited(self):
        collection = self.collection()
        document = self.add(collection)
        self.add(collection, "garden.txt", GARDEN, media_type="text/plain")
        found = self.search("When does the library open?", collection_id=collection)
        self.assertEqual(found["results"][0]["document_id"], document)
        self.assertIn("opens at nine", found["results"][0]["content"])
        self.assertEqual(found["results"][0]["section"], "Library > Opening hours")
        agent = self.agent(self.client, collection_ids=[collection])
        answer = self.assertStatus(self.client.post(f"/v1/agents/{agent}/execute", {"input": "When does the library open?"}), 200).json
        self.assertIn("The library opens at nine in the morning.", answer["response"])
        citation = answer["citations"][0]
        self.assertEqual(citation["document_id"], document)
        self.assertEqual(citation["document_title"], "library.md")
        self.assertEqual(citation["section"], "Library > Opening hours")
        self.assertIn("opens at nine", citation["quote"])

    def test_follow_up_is_searched_with_the_question_before(self):
        collection = self.collection()
        self.add(collection, "boat.txt", "The rowing boat on the lake is for two people. The rowing boat costs four euros an hour.\n")
        for thing in ("ladder", "tent", "bicycle", "telescope", "sledge", "drill", "kayak", "lantern"):
            self.add(collection, f"{thing}.txt", f"What does the {thing} cost? The {thing} costs nothing at all.\n")
        agent = self.agent(self.client, collection_ids=[collection], retrieval={"top_k": 4})
        first = self.assertStatus(self.client.post(f"/v1/agents/{agent}/execute", {"input": "How many people does the rowing boat hold?"}), 200).json
        self.assertIn("two people", first["response"])
        lost = self.assertStatus(self.client.post(f"/v1/agents/{agent}/execute", {"input": "And what does it cost?"}), 200).json
        self.assertNotIn("four euros", lost["response"])   # without the conversation nothing says what "it" is
        again = self.assertStatus(self.client.post(f"/v1/agents/{agent}/execute", {"input": "And what does it cost?", "conversation_id": first["conversation_id"]}), 200).json
        self.assertIn("four euros", again["response"])
        self.assertEqual(again["citations"][0]["document_title"], "boat.txt")

    def test_progress_and_statistics(self):
        collection = self.collection()
        document = self.add(collection)
        view = self.client.get(f"/v1/rag/documents/{document}").json
        self.assertEqual((view["status"], view["progress"], view["error_message"]), ("completed", 100, None))
        self.assertEqual(view["chunks_processed"], view["total_chunks"])
        self.assertEqual(view["size_bytes"], len(HOURS.encode()))
        chunks = self.client.get(f"/v1/rag/documents/{document}/chunks").json
        self.assertEqual(chunks["pagination"]["total"], view["chunk_count"])
        self.assertEqual([chunk["sequence_number"] for chunk in chunks["data"]], list(range(view["chunk_count"])))
        stats = self.client.get(f"/v1/rag/collections/{collection}").json
        self.assertEqual((stats["document_count"], stats["chunk_count"], stats["size_bytes"]), (1, view["chunk_count"], view["size_bytes"]))
        text = self.client.get(f"/v1/rag/documents/{document}/content").body.decode()
        for line in ("The reading room is on the second floor.", "On Sundays it stays closed.", "Reminders are free of charge."):
            self.assertEqual(text.count(line), 1, text)
        original = self.client.get(f"/v1/rag/documents/{document}/content?form=original")
        self.assertEqual(original.body, HOURS.encode())
        self.assertIn("attachment", original.headers["Content-Disposition"])

    def test_same_bytes_again_are_the_document_that_is_there(self):
        collection = self.collection()
        document = self.add(collection)
        again = self.assertStatus(upload(self.client, collection, "other-name.md", HOURS.encode()), 200)
        self.assertEqual(again.json["document_id"], document)
        self.assertEqual(self.client.get(f"/v1/rag/collections/{collection}").json["document_count"], 1)
        self.add(self.collection())  # another collection has its own

    def test_changed_file_replaces_the_one_before(self):
        collection = self.collection()
        document = self.add(collection)
        answer = self.assertStatus(upload(self.client, collection, "library.md", HOURS.replace("nine", "eleven").encode()), 202)
        self.assertEqual((answer.json["document_id"], answer.json["version"]), (document, 2))
        self.settled(document)
        found = self.search("When does the library open?", collection_id=collection)
        self.assertIn("eleven", found["results"][0]["content"])
        self.assertFalse([hit for hit in found["results"] if "at nine" in hit["content"]])
        self.assertEqual(self.client.get(f"/v1/rag/collections/{collection}").json["document_count"], 1)

    def test_text_and_its_rules(self):
        collection = self.collection()
        path = f"/v1/rag/collections/{collection}/documents"
        answer = self.assertStatus(self.client.post(path, {"title": "Garden", "text": GARDEN, "metadata": {"season": "summer"}}), 202)
        self.assertEqual(self.settled(answer.json["id"])["status"], "completed")
        self.assertEqual(self.search("tomatoes", collection_id=collection)["results"][0]["extra_metadata"], {"season": "summer"})
        self.assertError(self.client.post(path, {"title": "x"}), 422, "validation_error")
        self.assertError(self.client.post(path, {"title": "x", "text": "a", "url": "http://a.example/"}), 422, "validation_error")
        self.assertError(self.client.post(path, {"title": "x", "text": "a", "path": "/etc/passwd"}), 422, "validation_error")
        self.assertError(self.client.post(path, {"title": "x", "text": "a", "metadata": [1]}), 422, "validation_error")

    def test_what_is_carried_along_is_small(self):
        collection = self.collection()
        path = f"/v1/rag/collections/{collection}"
        fits, too_large = {"a": "x" * (16384 - 8)}, {"a": "x" * (16384 - 7)}   # {"a":""} takes 8 bytes
        self.assertStatus(self.client.post(path + "/documents", {"title": "x", "text": "a", "metadata": fits}), 202)

        def named(answer):
            return self.assertError(answer, 422, "validation_error").fields

        self.assertEqual(named(self.client.post(path + "/documents", {"title": "y", "text": "b", "metadata": too_large})), ["metadata"])
        content_type, body = multipart([("file", "a.txt", "text/plain", b"words"), ("metadata", json.dumps(too_large))])
        self.assertEqual(named(self.client.post(path + "/documents", raw=body, headers={"Content-Type": content_type})), ["metadata"])
        self.assertEqual(named(self.client.post("/v1/rag/collections", {"name": "x", "config": too_large, "extra_metadata": too_large})), ["config", "extra_metadata"])
        self.assertEqual(named(self.client.patch(path, {"extra_metadata": too_large})), ["extra_metadata"])

    def test_forms_are_read_strictly(self):
        collection = self.collection()

        def post(*parts):
            content_type, body = multipart(parts)
            return self.client.post(f"/v1/rag/collections/{collection}/documents", raw=body, headers={"Content-Type": content_type})

        file = ("file", "a.txt", "text/plain", b"words")
        self.assertError(post(("title", "x")), 422, "validation_error")
        self.assertError(post(file, ("title", "x"), ("title", "y")), 400, "bad_request")
        self.assertError(post(file, ("file2", "words")), 422, "validation_error")
        self.assertError(post(file, ("path", "/etc/passwd")), 422, "validation_error")
        self.assertError(post(file, ("metadata", "[]")), 422, "validation_error")
        self.assertError(post(file, ("metadata", "{")), 422, "validation_error")
        self.assertError(post(("file", "a.txt", "text/plain", b"")), 422, "validation_error")
        self.assertError(post(("file", "words")), 422, "validation_error")
        for name in ("../../etc/passwd", "..\\..\\boot.ini", "/abs/olute.txt", "CON", "-rf", "a" * 300 + ".txt", "\u202egpj.exe"):
            answer = self.assertStatus(post(("file", name, "text/plain", uuid.uuid4().hex.encode())), 202)
            self.assertNotIn("/", answer.json["file_name"])
            self.assertLessEqual(len(answer.json["file_name"].encode()), 255)
        several = self.assertStatus(post(("file", "one.txt", "text/plain", b"first of two"), ("file2", "two.txt", "text/plain", b"second of two")), 202)
        self.assertEqual([document["file_name"] for document in several.json["data"]], ["one.txt", "two.txt"])

    def test_uploads_need_a_right_before_their_body_is_read(self):
        collection = self.collection()
        content_type, body = multipart([("file", "a.txt", "text/plain", b"x" * (3 << 20))])
        head = (f"POST /v1/rag/collections/{collection}/documents HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode()
        self.assertTrue(self.server.raw(head, ends=False).startswith(b"HTTP/1.1 401 "))
        self.assertError(self.server.anonymous().post(f"/v1/rag/collections/{collection}/documents", raw=body, headers={"Content-Type": content_type}), 401, "not_authenticated")
        key = self.assertStatus(self.client.post("/v1/api-keys", {"name": "reader", "scopes": ["rag:read"]}), 201).json
        head = head.replace(b"Host: x\r\n", f"Host: x\r\nx-api-key: {key['key']}\r\n".encode())
        self.assertTrue(self.server.raw(head, ends=False).startswith(b"HTTP/1.1 403 "))
        self.assertTrue(self.server.raw(head.replace(b"/documents", b"/nothing"), ends=False).startswith(b"HTTP/1.1 404 "))

    def test_what_cannot_be_read_fails_with_its_reason(self):
        collection = self.collection()
        answer = self.assertStatus(upload(self.client, collection, "broken.pdf", b"%PDF-1.7\nnothing of a document", media_type="application/pdf"), 202)
        status = self.settled(answer.json["id"])
        self.assertEqual(status["status"], "failed", status)
        self.assertTrue(status["error_code"] and status["error_message"], status)
        self.assertStatus(self.client.post(f"/v1/rag/documents/{answer.json['id']}/retry"), 202)
        self.assertEqual(self.settled(answer.json["id"])["status"], "failed")
        good = self.add(collection)
        self.assertError(self.client.post(f"/v1/rag/documents/{good}/retry"), 409, "conflict")
        self.assertEqual(self.client.post(f"/v1/rag/documents/{good}/cancel").json["status"], "completed")

    def test_addresses_of_private_networks_are_refused(self):
        collection = self.collection()
        answer = self.client.post(f"/v1/rag/collections/{collection}/documents", {"url": f"http://127.0.0.1:{self.server.port}/docs"})
        status = self.settled(self.assertStatus(answer, 202).json["id"])
        self.assertEqual((status["status"], status["error_code"]), ("failed", "forbidden"), status)
        self.assertError(self.client.post(f"/v1/rag/collections/{collection}/documents", {"url": "file:///etc/passwd"}), 422, "validation_error")

    def test_deleted_document_is_gone_everywhere_at_once(self):
        collection = self.collection()
        canary = f"canary{uuid.uuid4().hex}"
        document = self.add(collection, "secret.md", f"The password of the vault is {canary}.\n")
        self.add(collection)
        agent = self.agent(self.client, collection_ids=[collection])
        ask = {"input": "What is the password of the vault?"}
        self.assertIn(canary, self.client.post(f"/v1/agents/{agent}/execute", ask).json["response"])
        self.assertStatus(self.client.delete(f"/v1/rag/documents/{document}"), 204)
        for answer in (self.client.post("/v1/rag/query", {"query": f"password vault {canary}"}), self.client.post("/v1/rag/context", {"query": f"vault {canary}"}),
                       self.client.post(f"/v1/collections/{collection}/query", {"query": canary}), self.client.post(f"/v1/agents/{agent}/execute", ask)):
            body = json.dumps({**self.assertStatus(answer, 200).json, "query": ""})
            self.assertNotIn(canary, body)
        for path in ("", "/status", "/chunks", "/content", "/content?form=original"):
            self.assertError(self.client.get(f"/v1/rag/documents/{document}{path}"), 404, "not_found")
        self.assertError(self.client.delete(f"/v1/rag/documents/{document}"), 404, "not_found")
        self.assertEqual(self.client.get(f"/v1/rag/collections/{collection}").json["document_count"], 1)
        blobs = self.database.directory / "data" / "blobs"
        until = time.monotonic() + 10
        while any(canary.encode() in blob.read_bytes() for blob in blobs.iterdir()):
            self.assertLess(time.monotonic(), until, "the file is still there")
            time.sleep(0.05)

    def test_deleted_collection_takes_its_documents_along(self):
        collection = self.collection()
        document = self.add(collection)
        agent = self.agent(self.client, collection_ids=[collection])
        self.assertStatus(self.client.delete(f"/v1/rag/collections/{collection}"), 204)
        self.assertError(self.client.get(f"/v1/rag/collections/{collection}"), 404, "not_found")
        self.assertError(self.client.get(f"/v1/rag/documents/{document}"), 404, "not_found")
        self.assertError(self.client.post("/v1/rag/query", {"query": "library", "collection_id": collection}), 404, "not_found")
        self.assertEqual(self.search("library")["results"], [])
        self.assertEqual(self.client.post(f"/v1/agents/{agent}/execute", {"input": "When does the library open?"}).json["citations"], [])


@on_both_databases
class Search(KnowledgeTest):
    expected_errors = ("request_failed",)  # of a model that is not installed

    def test_filters_explanations_and_highlights(self):
        collection = self.collection()
        for year in (2023, 2024, 2025):
            answer = self.client.post(f"/v1/rag/collections/{collection}/documents",
                                      {"title": f"Report {year}", "text": f"The yearly report speaks of walnuts and of {year}.", "metadata": {"year": year, "tags": ["report"]}})
            self.settled(self.assertStatus(answer, 202).json["id"])
        titles = lambda found: sorted(hit["document_title"] for hit in found["results"])
        self.assertEqual(titles(self.search("walnuts", collection_id=collection)), ["Report 2023", "Report 2024", "Report 2025"])
        self.assertEqual(titles(self.search("walnuts", collection_id=collection, metadata_filter={"year": 2024})), ["Report 2024"])
        newer = {"type": "and", "filters": [{"type": "gt", "key": "year", "value": 2023}, {"type": "in", "key": "tags", "value": ["report"]}]}
        self.assertEqual(titles(self.search("walnuts", collection_id=collection, metadata_filter=newer)), ["Report 2024", "Report 2025"])
        short = self.client.post(f"/v1/collections/{collection}/query", {"query": "walnuts", "filters": {"year": 2025}})
        self.assertEqual(titles(self.assertStatus(short, 200).json), ["Report 2025"])
        self.assertError(self.client.post("/v1/rag/query", {"query": "x", "metadata_filter": {"type": "near", "key": "a", "value": 1, "filters": []}}), 422, "validation_error")
        hit = self.search("walnuts", collection_id=collection, explain=True)["results"][0]
        self.assertEqual(hit["explain"]["lexical"]["rank"], 1)
        self.assertIsNone(hit["explain"]["rerank_score"])
        warning = "No reranking model is installed; the order is the search's own"
        self.assertIn(warning, self.search("walnuts", collection_id=collection, rerank=True)["warnings"])
        context = self.client.post("/v1/rag/context", {"query": "walnuts", "collection_id": collection, "rerank": True})
        self.assertIn(warning, self.assertStatus(context, 200).json["warnings"])
        begin, end = hit["highlights"][0]["begin"], hit["highlights"][0]["end"]
        self.assertEqual(hit["content"].encode()[begin:end], b"walnuts")
        self.assertIsNone(self.search("walnuts", collection_id=collection, include_content=False)["results"][0]["content"])
        self.assertEqual(self.search("nothing of the kind zzz", collection_id=collection, mode="lexical")["results"], [])

    def test_several_collections_and_context(self):
        first, second = self.collection(), self.collection()
        self.add(first)
        self.add(second, "garden.md", GARDEN)
        found = self.search("library tomatoes", collection_ids=[first, second])
        self.assertEqual({hit["collection_id"] for hit in found["results"]}, {first, second})
        context = self.assertStatus(self.client.post("/v1/rag/context", {"query": "tomatoes water", "collection_ids": [second]}), 200).json
        self.assertIn("[1] garden.md", context["context"])
        self.assertIn("plenty of water", context["context"])
        self.assertEqual(context["sources"][0]["number"], 1)
        self.assertEqual(context["total_chunks"], len(context["sources"]))

    def test_missing_model_is_said(self):
        collection = self.collection()
        self.add(collection)
        found = self.search("library", collection_id=collection, mode="hybrid")
        self.assertEqual(found["mode"], "lexical")
        self.assertIn("agentic models install", found["warnings"][0])
        answer = self.assertError(self.client.post("/v1/rag/query", {"query": "library", "collection_id": collection, "mode": "vector"}), 503, "unavailable")
        self.assertIn("agentic models install", answer.json["detail"])
        self.assertError(self.client.post(f"/v1/rag/collections/{collection}/reembed", {}), 503, "unavailable")
        self.assertError(self.client.post("/v1/rag/collections", {"name": "x", "embedding_model": "no-such-model"}), 422, "validation_error")

    def test_queries_of_bad_input(self):
        self.assertError(self.client.post("/v1/rag/query", {"query": ""}), 422, "validation_error")
        self.assertError(self.client.post("/v1/rag/query", {"query": "x", "top_k": 51}), 422, "validation_error")
        collection = self.collection()
        self.add(collection)
        for query in ('"', "AND OR NOT", "* : ^ ( )", "'; DROP TABLE chunks; --", "\\", "& | ! <->", "a" * 4000, "\u0000"):
            answer = self.client.post("/v1/rag/query", {"query": query, "collection_id": collection, "mode": "lexical"})
            self.assertIn(answer.status, (200, 400, 422), repr((query, answer)))


@on_both_databases
class Reranked(KnowledgeTest):
    """With a cross-encoder that likes walnuts."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.model = pathlib.Path(folder.name) / "likes-walnuts"
        tiny_reranker.write(cls.model, "walnuts")
        cls.environment = {"RERANK_MODEL": str(cls.model), "EMBEDDING_PRECISION": "fp32"}
        super().setUpClass()

    def test_the_model_orders_the_hits(self):
        collection = self.collection()
        for title, text in {"Rain": "Rain rain rain.", "Nuts": "Some rain, and walnuts.", "Sun": "Rain, rain and sun."}.items():
            answer = self.client.post(f"/v1/rag/collections/{collection}/documents", {"title": title, "text": text})
            self.settled(self.assertStatus(answer, 202).json["id"])
        titles = lambda found: [hit["document_title"] for hit in found["results"]]
        own = self.search("rain", collection_id=collection, mode="lexical")
        self.assertEqual(titles(own)[-1], "Nuts")
        found = self.search("rain", collection_id=collection, mode="lexical", rerank=True, explain=True)
        self.assertEqual((titles(found), found["warnings"]), (["Nuts", *titles(own)[:2]], []), "the others tie, and stay as they were")
        best = found["results"][0]
        self.assertEqual(best["score"], best["explain"]["rerank_score"])
        self.assertEqual(best["explain"]["search"], {"rank": 3, "score": own["results"][2]["score"]})
        self.assertEqual(titles(self.search("rain", collection_id=collection, mode="lexical", rerank=True, top_k=1)), ["Nuts"], "it was not among the first")
        context = self.client.post("/v1/rag/context", {"query": "rain", "collection_id": collection, "mode": "lexical", "rerank": True})
        self.assertEqual(context.json["sources"][0]["document_title"], "Nuts")
        short = self.client.post(f"/v1/collections/{collection}/query", {"query": "rain", "mode": "lexical", "rerank": True})
        self.assertEqual(titles(short.json)[0], "Nuts")


@on_both_databases
class Vectors(KnowledgeTest):
    """With a model: the scripted server stands for one, whatever it is."""

    expected_errors = ("request_failed",)

    @classmethod
    def setUpClass(cls):
        cls.model = EmbeddingServer()
        cls.addClassCleanup(cls.model.close)
        cls.environment = cls.model.environment()
        super().setUpClass()

    def vehicles(self, **fields):
        collection = self.collection(embedding_model="scripted", **fields)
        texts = {"Garage": "The car stands in the garage behind the house.", "Clinic": "The doctor comes on Mondays.", "Kitchen": "Bread and butter are in the kitchen."}
        documents = {}
        for title, text in texts.items():
            answer = self.assertStatus(self.client.post(f"/v1/rag/collections/{collection}/documents", {"title": title, "text": text}), 202)
            documents[title] = answer.json["id"]
        for document in documents.values():
            self.assertEqual(self.settled(document)["status"], "completed")
        return collection, documents

    def best(self, query, collection, **fields):
        found = self.search(query, collection_id=collection, **fields)
        return found["results"][0]["document_title"] if found["results"] else None

    def test_meaning_is_found_where_words_are_not(self):
        collection, documents = self.vehicles()
        self.assertEqual(self.search("automobile", collection_id=collection, mode="lexical")["results"], [])
        found = self.search("automobile", collection_id=collection, mode="vector", explain=True)
        self.assertEqual((found["mode"], found["warnings"]), ("vector", []))
        hit = found["results"][0]
        self.assertEqual(hit["document_title"], "Garage")
        self.assertAlmostEqual(hit["explain"]["vector"]["score"], hit["score"])
        self.assertEqual(self.best("physician", collection), "Clinic")
        self.assertEqual(self.search("physician", collection_id=collection, mode="vector", similarity_threshold=0.999)["results"], [])
        self.assertStatus(self.client.delete(f"/v1/rag/documents/{documents['Garage']}"), 204)
        titles = [hit["document_title"] for hit in self.search("automobile", collection_id=collection, mode="vector")["results"]]
        self.assertEqual(sorted(titles), ["Clinic", "Kitchen"])

    def test_index_follows_the_rows(self):
        collection, documents = self.vehicles()
        self.assertEqual(self.best("automobile", collection, mode="vector"), "Garage")   # the index is in memory now
        answer = self.client.post(f"/v1/rag/collections/{collection}/documents", {"title": "Tower", "text": "A giraffe lives in the tower."})
        self.settled(answer.json["id"])
        self.assertEqual(self.best("giraffe", collection, mode="vector"), "Tower")
        answer = self.client.post(f"/v1/rag/collections/{collection}/documents", {"title": "Tower", "text": "A zebra lives in the tower."})
        self.settled(answer.json["id"])
        found = self.search("zebra giraffe tower", collection_id=collection, mode="vector")
        self.assertEqual(sum("tower" in hit["content"] for hit in found["results"]), 1)
        self.server.restart()
        self.assertEqual(self.best("zebra", collection, mode="vector"), "Tower")

    def test_reembedding_switches_at_once(self):
        collection, _ = self.vehicles()
        before = self.search("automobile", collection_id=collection, mode="vector", explain=True)["results"]
        begun = self.assertStatus(self.client.post(f"/v1/rag/collections/{collection}/reembed", {"embedding_model": "other"}), 202).json
        self.assertEqual(begun["status"], "reembedding")
        until = time.monotonic() + 20
        while (state := self.client.get(f"/v1/rag/collections/{collection}").json)["status"] != "active":
            self.assertTrue(self.search("automobile", collection_id=collection, mode="vector")["results"])
            self.assertLess(time.monotonic(), until, state)
        self.assertEqual((state["embedding_model"], state["reembedding"]), ("other", None))
        after = self.search("automobile", collection_id=collection, mode="vector", explain=True)["results"]
        self.assertEqual((before[0]["id"], "Garage"), (after[0]["id"], after[0]["document_title"]))

    def test_document_by_url(self):
        collection = self.collection(embedding_model="scripted")
        base = f"http://127.0.0.1:{self.model.port}"
        path = f"/v1/rag/collections/{collection}/documents"
        document = self.assertStatus(self.client.post(path, {"url": f"{base}/moved"}), 202).json["id"]
        self.assertEqual(self.settled(document)["status"], "completed")
        view = self.client.get(f"/v1/rag/documents/{document}").json
        self.assertEqual((view["title"], view["content_type"], view["source_url"]), ("Lighthouse", "text/html", f"{base}/moved"))
        self.assertIn("seven seconds", self.search("lighthouse blinks", collection_id=collection)["results"][0]["content"])
        again = self.assertStatus(self.client.post(path, {"url": f"{base}/moved"}), 202).json   # fetched anew: the next version
        self.assertEqual((again["id"], again["version"]), (document, 2))
        self.assertEqual(self.settled(document)["status"], "completed")
        missing = self.assertStatus(self.client.post(path, {"url": f"{base}/missing"}), 202).json["id"]
        status = self.settled(missing)
        self.assertEqual((status["status"], status["error_code"]), ("failed", "bad_request"), status)

    def slow_document(self, collection):
        """A document of many batches, on its way."""
        text = "\n\n".join(f"Paragraph {i} of the long report speaks of subject {uuid.uuid4().hex}. " + "More words follow here. " * 12 for i in range(150))
        self.model.delay_s = 0.3
        self.addCleanup(setattr, self.model, "delay_s", 0.0)
        document = self.assertStatus(self.client.post(f"/v1/rag/collections/{collection}/documents", {"title": "Report", "text": text}), 202).json["id"]
        until = time.monotonic() + 20
        while (status := self.client.get(f"/v1/rag/documents/{document}/status").json)["chunks_processed"] == 0:
            self.assertLess(time.monotonic(), until, status)
            time.sleep(0.02)
        self.assertEqual(status["status"], "processing")
        self.assertTrue(0 < status["progress"] < 100 and status["chunks_processed"] < status["total_chunks"], status)
        return document

    def test_cancelled_document_stops_and_can_be_retried(self):
        collection = self.collection(embedding_model="scripted")
        document = self.slow_document(collection)
        self.assertEqual(self.assertStatus(self.client.post(f"/v1/rag/documents/{document}/cancel"), 200).json["status"], "cancelled")
        self.assertEqual(self.search("report", collection_id=collection, mode="lexical")["results"], [])
        time.sleep(0.5)
        asked = self.model.requests
        time.sleep(0.8)
        self.assertEqual(self.model.requests, asked, "the model is still asked for a cancelled document")
        self.model.delay_s = 0
        self.assertStatus(self.client.post(f"/v1/rag/documents/{document}/retry"), 202)
        self.assertEqual(self.settled(document)["status"], "completed")
        view = self.client.get(f"/v1/rag/documents/{document}").json
        numbers = [chunk["sequence_number"] for page in range(1, view["chunk_count"] // 100 + 2)
                   for chunk in self.client.get(f"/v1/rag/documents/{document}/chunks?limit=100&page={page}").json["data"]]
        self.assertEqual(numbers, list(range(view["chunk_count"])))

    def test_restart_takes_up_what_was_under_way(self):
        collection = self.collection(embedding_model="scripted")
        document = self.slow_document(collection)
        began = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - began, 10)
        self.model.delay_s = 0
        self.server.start()
        self.assertEqual(self.settled(document)["status"], "completed")
        self.assertTrue(self.search("long report", collection_id=collection)["results"])

    def test_failing_model_is_tried_again(self):
        collection = self.collection(embedding_model="scripted")
        self.model.fail_next = 2
        document = self.add(collection)
        self.assertEqual(self.client.get(f"/v1/rag/documents/{document}").json["error_message"], None)

    def test_agent_answers_from_what_was_found_by_meaning(self):
        collection, documents = self.vehicles()
        agent = self.agent(self.client, collection_ids=[collection], retrieval={"top_k": 1, "mode": "hybrid"})
        with self.client.stream("POST", f"/v1/agents/{agent}/execute", {"input": "Where is the car?", "stream": True}) as stream:
            events = list(stream)
        names = [event.name for event in events]
        self.assertLess(names.index("run_started"), names.index("retrieval"))
        self.assertLess(names.index("retrieval"), names.index("token"))
        hit = events[names.index("retrieval")].data["hits"][0]
        self.assertEqual((hit["document_id"], hit["document_title"]), (documents["Garage"], "Garage"))
        complete = events[names.index("complete")].data
        self.assertEqual(complete["citations"][0]["chunk_id"], hit["chunk_id"])
        self.assertEqual(complete["citations"], events[names.index("message")].data["citations"])
        stored = self.client.get(f"/v1/conversations/{complete['conversation_id']}/messages").json["data"][-1]
        self.assertEqual(stored["citations"], complete["citations"])


@on_both_databases
class Tenants(KnowledgeTest):
    def test_a_foreign_collection_is_a_missing_one(self):
        mine = self.collection()
        document = self.add(mine)
        other = self.server.register()
        theirs = self.collection(other)
        self.add(theirs, client=other)
        for answer in (other.get(f"/v1/rag/collections/{mine}"), other.patch(f"/v1/rag/collections/{mine}", {"name": "x"}), other.delete(f"/v1/rag/collections/{mine}"),
                       other.post(f"/v1/rag/collections/{mine}/reembed", {}), other.get(f"/v1/rag/collections/{mine}/documents"),
                       upload(other, mine, "a.txt", b"planted"), other.post(f"/v1/rag/collections/{mine}/documents", {"title": "t", "text": "planted"}),
                       other.post("/v1/rag/query", {"query": "library", "collection_id": mine}), other.post("/v1/rag/query", {"query": "library", "collection_ids": [theirs, mine]}),
                       other.post("/v1/rag/context", {"query": "library", "collection_ids": [mine]}), other.post(f"/v1/collections/{mine}/query", {"query": "library"}),
                       other.get(f"/v1/rag/documents/{document}"), other.get(f"/v1/rag/documents/{document}/status"), other.get(f"/v1/rag/documents/{document}/chunks"),
                       other.get(f"/v1/rag/documents/{document}/content"), other.post(f"/v1/rag/documents/{document}/retry"), other.post(f"/v1/rag/documents/{document}/cancel"),
                       other.delete(f"/v1/rag/documents/{document}")):
            self.assertError(answer, 404, "not_found")
        found = self.search("library open", client=other)
        self.assertTrue(found["results"])
        self.assertEqual({hit["collection_id"] for hit in found["results"]}, {theirs})
        self.assertError(other.post("/v1/agents", {"name": "spy", "slug": "spy", "model_provider": "extractive", "collection_ids": [mine]}), 422, "validation_error")
        self.assertEqual(other.get("/v1/rag/collections").json["pagination"]["total"], 1)
        self.assertStatus(self.client.get(f"/v1/rag/documents/{document}"), 200)

    def test_same_documents_stay_apart(self):
        other = self.server.register()
        mine, theirs = self.collection(), self.collection(other)
        document, copy = self.add(mine), self.add(theirs, client=other)
        self.assertNotEqual(document, copy)
        self.assertStatus(other.delete(f"/v1/rag/documents/{copy}"), 204)
        self.assertEqual(self.search("library open")["results"][0]["document_id"], document)
        self.assertEqual(self.search("library open", client=other)["results"], [])

    def test_random_queries_find_no_foreign_chunk(self):
        choose = random.Random(7)
        words = "library nine morning sunday book euros reminders floor tomatoes water july basil nights reading room".split()
        worlds = []
        for client in (self.client, self.server.register()):
            collections = [self.collection(client) for _ in range(2)]
            for collection in collections:
                self.add(collection, client=client)
                self.add(collection, "garden.txt", GARDEN, client=client)
            worlds.append((client, collections))
        hits = 0
        for _ in range(300):
            client, collections = choose.choice(worlds)
            body = {"query": " ".join(choose.sample(words, choose.randrange(1, 5))), "top_k": choose.randrange(1, 50)}
            if choose.random() < 0.5:
                body["collection_ids"] = choose.sample(collections, choose.randrange(1, 3))
            for hit in self.search(client=client, **body)["results"]:
                hits += 1
                self.assertIn(hit["collection_id"], body.get("collection_ids", collections))
        self.assertGreater(hits, 300)

    def colleague(self):
        """A member of the same tenant."""
        invited = self.client.post("/v1/users/invite", {"email": f"{uuid.uuid4().hex[:8]}@example.com", "role": "member"})
        token = self.assertStatus(invited, 201).json["token"]
        member = self.server.anonymous().post("/v1/auth/accept-invite", {"token": token, "password": "correct horse battery staple"})
        return type(self.client)(self.server, self.assertStatus(member, 201).json["access_token"])

    def test_private_collection_is_its_makers(self):
        colleague = self.colleague()
        private = self.collection(visibility="private")
        self.add(private)
        self.assertError(colleague.get(f"/v1/rag/collections/{private}"), 404, "not_found")
        self.assertEqual(self.search("library", client=colleague)["results"], [])
        own = self.collection(colleague, visibility="private")
        self.assertStatus(self.client.get(f"/v1/rag/collections/{own}"), 200)   # the owner of the tenant sees all
        self.assertStatus(colleague.get(f"/v1/rag/collections/{own}"), 200)

    def test_a_version_brings_a_private_collection_back_only_by_who_sees_it(self):
        colleague = self.colleague()
        private, open_to_all, gone = self.collection(visibility="private"), self.collection(), self.collection()
        agent = self.agent(self.client, collection_ids=[private, open_to_all, gone])                     # version 1
        self.assertStatus(self.client.patch(f"/v1/agents/{agent}", {"collection_ids": []}), 200)         # 2
        self.assertStatus(self.client.patch(f"/v1/agents/{agent}", {"collection_ids": [open_to_all]}), 200)   # 3
        self.assertStatus(self.client.delete(f"/v1/rag/collections/{gone}"), 204)
        self.assertError(colleague.post(f"/v1/agents/{agent}/versions/1/restore"), 403, "forbidden")
        self.assertEqual(self.client.get(f"/v1/agents/{agent}").json["version"], 3)
        self.assertStatus(colleague.post(f"/v1/agents/{agent}/versions/2/restore"), 200)
        self.assertStatus(colleague.post(f"/v1/agents/{agent}/versions/3/restore"), 200)
        self.assertError(colleague.post(f"/v1/agents/{agent}/versions/9/restore"), 404, "not_found")
        back = self.assertStatus(self.client.post(f"/v1/agents/{agent}/versions/1/restore"), 200).json   # what is gone stands in its way no more
        self.assertEqual(back["collection_ids"], [private, open_to_all, gone])
        renamed = colleague.patch(f"/v1/agents/{agent}", {"name": "Renamed", "collection_ids": [private, open_to_all]})
        self.assertStatus(renamed, 200)   # what the agent has may stay


if __name__ == "__main__":
    main()
