#!/usr/bin/env python3
"""Every route x every kind of caller x own, foreign, deleted, missing and malformed ids: nobody reaches a foreign row, or a route above their role.

Routes, their parameters and bodies are read from the running program's OpenAPI document; what each caller may do is read from one place only, the frozen
table tests/golden/policies.tsv, which must equal the policies in the program. A route, a path parameter or a body that this file does not know fails the run: a new route
cannot stay outside the matrix.
"""
import json
import os
import pathlib
import sys
import time
import unittest
import uuid

from harness import PASSWORD, Client, ServerTest, main, on_both_databases

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from scripted_embeddings import EmbeddingServer  # noqa: E402

POLICIES = pathlib.Path(__file__).resolve().parents[1] / "golden/policies.tsv"
ROLES = ["viewer", "member", "admin", "owner"]
MISSING = "0190a000-0000-7000-8000-000000000000"

# The smallest body that each writing operation accepts, made for the caller's world and the ids in the path.
BODIES = {
    "agent_create": lambda world, ids: {"name": "A", "slug": f"a-{uuid.uuid4().hex[:10]}"},
    "agent_update": lambda world, ids: {"description": uuid.uuid4().hex},
    "agent_execute": lambda world, ids: {"input": "Hello"},
    "api_key_create": lambda world, ids: {"name": "k", "scopes": ["agents:read"]},
    "auth_me_update": lambda world, ids: {"first_name": "Ada"},
    "auth_password": lambda world, ids: {"current_password": PASSWORD, "new_password": PASSWORD + "!"},
    "conversation_create": lambda world, ids: {"agent_id": world.make_agent_id(world.owner)},
    "conversation_update": lambda world, ids: {"title": "T"},
    "conversation_fork": lambda world, ids: {"message_id": world.newest_message(ids["conversation_id"])},
    "tenant_update": lambda world, ids: {"name": "Renamed"},
    "user_create": lambda world, ids: {"email": f"{uuid.uuid4().hex[:8]}@example.com", "password": PASSWORD, "role": "member"},
    "user_invite": lambda world, ids: {"email": f"{uuid.uuid4().hex[:8]}@example.com", "role": "member"},
    "user_update": lambda world, ids: {"first_name": "Grace"},
    "collection_create": lambda world, ids: {"name": f"c-{uuid.uuid4().hex[:10]}"},
    "collection_update": lambda world, ids: {"description": uuid.uuid4().hex},
    "collection_reembed": lambda world, ids: {},
    "collection_query": lambda world, ids: {"query": "words"},
    "document_create": lambda world, ids: {"title": uuid.uuid4().hex, "text": uuid.uuid4().hex},
    "rag_query": lambda world, ids: {"query": "words"},
    "rag_context": lambda world, ids: {"query": "words"},
}
BODIES.update({f"{name}_short": BODIES[name] for name in ("collection_create", "collection_update", "collection_reembed", "collection_query", "document_create")})
# Operations that end the caller's own session, or whose credential is in the body; they have suites of their own.
OWN_SUITE = {"auth_register", "auth_login", "auth_refresh", "auth_logout", "auth_accept_invite", "auth_password"}
STREAMS = {"run_events"}


class World:
    """One tenant with a user of every role and one of every resource; resources are made anew when a cell has used them up."""

    def __init__(self, test, server):
        self.test = test
        self.owner = server.register()
        self.clients = {"owner": self.owner}
        self.users = {}
        for role in ("admin", "member", "viewer", "suspended"):
            email = f"{role}-{uuid.uuid4().hex[:8]}@example.com"
            made = test.assertStatus(self.owner.post("/v1/users", {"email": email, "password": PASSWORD, "role": "member" if role == "suspended" else role}), 201).json
            session = test.assertStatus(Client(server).post("/v1/auth/login", {"email": email, "password": PASSWORD}), 200).json
            self.clients[role] = Client(server, session["access_token"])
            self.users[role] = made["id"]
        test.assertStatus(self.owner.patch(f"/v1/users/{self.users['suspended']}", {"status": "suspended"}), 200)
        self.refresh_as_bearer = Client(server, session["refresh_token"])

    def make(self, parameter, client):
        """A fresh resource for a path parameter, owned by `client` where that matters; its id."""
        return getattr(self, f"make_{parameter}")(client)

    def make_agent_id(self, client):
        return self.test.agent(self.owner)

    def execute(self, client):
        return self.test.assertStatus(self.author(client).post(f"/v1/agents/{self.make_agent_id(client)}/execute", {"input": "Hello"}), 200).json

    def author(self, client):
        """Who can make a conversation that `client` can see: himself, or for a viewer nobody but an admin's view helps; viewers use the owner's."""
        return self.owner if client in (self.clients["viewer"], self.clients["suspended"]) else client

    def make_conversation_id(self, client):
        return self.execute(client)["conversation_id"]

    def make_run_id(self, client):
        return self.execute(client)["run_id"]

    def make_user_id(self, client):
        email = f"{uuid.uuid4().hex[:10]}@example.com"
        return self.test.assertStatus(self.owner.post("/v1/users", {"email": email, "password": PASSWORD, "role": "viewer"}), 201).json["id"]

    def make_api_key_id(self, client):
        maker = self.owner if client is self.clients["suspended"] else client
        return self.test.assertStatus(maker.post("/v1/api-keys", {"name": "k", "scopes": ["agents:read"]}), 201).json["id"]

    def make_collection_id(self, client):
        body = {"name": f"c-{uuid.uuid4().hex[:10]}", "embedding_model": "scripted"}
        return self.test.assertStatus(self.owner.post("/v1/rag/collections", body), 201).json["id"]

    def make_document_id(self, client, text=None):
        body = {"title": uuid.uuid4().hex, "text": text or f"Some words {uuid.uuid4().hex}"}
        document = self.test.assertStatus(self.owner.post(f"/v1/rag/collections/{self.make_collection_id(client)}/documents", body), 202).json["id"]
        until = time.monotonic() + 20
        while self.owner.get(f"/v1/rag/documents/{document}/status").json["status"] in ("pending", "processing"):
            self.test.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        return document

    def make_failed_document(self, client):
        return self.make_document_id(client, text=" " + "\n" * (1 + uuid.uuid4().int % 5000))

    def newest_message(self, conversation):
        answer = self.owner.get(f"/v1/conversations/{conversation}/messages")
        return answer.json["data"][-1]["id"] if answer.status == 200 else MISSING

    def delete(self, parameter, resource):
        path = {"agent_id": "/v1/agents/", "conversation_id": "/v1/conversations/", "user_id": "/v1/users/", "api_key_id": "/v1/api-keys/",
                "collection_id": "/v1/rag/collections/", "document_id": "/v1/rag/documents/"}.get(parameter)
        if path is None:
            return False  # runs are never deleted
        self.test.assertStatus(self.owner.delete(path + resource), 204)
        return True


def frozen_policies():
    rows = [line.split("\t") for line in POLICIES.read_text().splitlines() if line and not line.startswith("#")]
    return {row[0]: {"kind": row[1], "minimum_role": row[2] if len(row) > 2 else "", "scope": row[3] if len(row) > 3 else ""} for row in rows}


@on_both_databases
class RouteMatrix:
    @classmethod
    def setUpClass(cls):
        model = EmbeddingServer()
        cls.addClassCleanup(model.close)
        cls.environment = model.environment()
        super().setUpClass()
        document = Client(cls.server).get("/openapi.json").json
        cls.routes = []
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                cls.routes.append({"method": method.upper(), "path": path, "id": operation["operationId"], "policy": operation["x-policy"], "body": "requestBody" in operation,
                                   "statuses": set(operation["responses"])})
        probe = cls("test_policies_are_the_frozen_ones")
        cls.mine, cls.theirs = World(probe, cls.server), World(probe, cls.server)

    def parameters(self, route):
        return [part[1:-1] for part in route["path"].split("/") if part.startswith("{")]

    def fill(self, route, client, world, replacement=None):
        """The path with fresh own ids, and those ids; the first is `replacement` when a cell wants another one."""
        path, ids = route["path"], {}
        for parameter in self.parameters(route):
            if parameter in ("version", "model_id"):
                value = {"version": "1", "model_id": "extractive"}[parameter]
            else:
                if replacement is not None and not ids:
                    value = replacement
                else:
                    value = world.make_failed_document(client) if route["id"] == "document_retry" else world.make(parameter, client)
                ids[parameter] = value
            path = path.replace("{" + parameter + "}", value)
        return path, ids

    def body(self, route, ids):
        if not route["body"]:
            return None
        self.assertIn(route["id"], BODIES, "a new operation with a body needs a line in BODIES")
        return BODIES[route["id"]](self.mine, ids)

    def call(self, route, client, replacement=None):
        path, ids = self.fill(route, client, self.mine, replacement)
        headers = {"Accept": "application/json"} if route["id"] in STREAMS else {}
        return client.request(route["method"], path, self.body(route, ids), headers=headers)

    def test_policies_are_the_frozen_ones(self):
        served = {route["id"]: route["policy"] for route in self.routes}
        if os.environ.get("AGENTIC_ACCEPT") == "1":
            lines = ["# operation\tkind\tminimum role\tAPI key scope"]
            lines += ["\t".join([name, policy["kind"], policy.get("minimum_role", ""), policy.get("scope", "")]).rstrip() for name, policy in sorted(served.items())]
            POLICIES.write_text("\n".join(lines) + "\n")
        frozen = frozen_policies()
        self.assertEqual({name: (p["kind"], p.get("minimum_role", ""), p.get("scope", "")) for name, p in served.items()},
                         {name: (p["kind"], p["minimum_role"], p["scope"]) for name, p in frozen.items()})

    def test_callers_below_the_policy_are_refused(self):
        """No credential, a forged one, a refresh token as bearer: 401; a suspended user, a role below the route's: 403."""
        frozen, cells = frozen_policies(), 0
        outsiders = {"anonymous": Client(self.server), "forged": Client(self.server, "eyJhbGciOiJub25lIn0.e30."), "refresh token": self.mine.refresh_as_bearer,
                     "suspended": self.mine.clients["suspended"]}
        for route in self.routes:
            policy = frozen[route["id"]]
            if policy["kind"] == "open":
                continue
            path, _ = self.fill(route, self.mine.owner, self.mine)
            callers = {name: (client, 403 if name == "suspended" else 401) for name, client in outsiders.items()}
            for role in ROLES:
                if policy["kind"] == "platform_admin" or ROLES.index(role) < ROLES.index(policy["minimum_role"]):
                    callers[role] = (self.mine.clients[role], 403)
            for name, (client, status) in callers.items():
                with self.subTest(route=route["id"], caller=name):
                    answer = client.request(route["method"], path, {} if route["body"] else None)
                    self.assertEqual(answer.status, status, repr(answer))
                    cells += 1
        self.assertGreater(cells, 4 * 20)

    def test_callers_within_the_policy_reach_their_own(self):
        frozen = frozen_policies()
        for route in self.routes:
            policy = frozen[route["id"]]
            if policy["kind"] in ("open", "platform_admin") or route["id"] in OWN_SUITE:
                continue
            for role in ROLES[ROLES.index(policy["minimum_role"]):]:
                client = self.mine.clients[role]
                if role == "viewer" and {"conversation_id", "run_id"} & set(self.parameters(route)):
                    continue  # a viewer has no conversations of his own
                with self.subTest(route=route["id"], role=role):
                    answer = self.call(route, client)
                    self.assertIn(answer.status, (200, 201, 202, 204), f"{route['id']} {role}: {answer!r}")

    def test_foreign_deleted_missing_and_malformed_ids_are_one_404(self):
        frozen = frozen_policies()
        for route in self.routes:
            policy = frozen[route["id"]]
            ids = [p for p in self.parameters(route) if p.endswith("_id") and p != "model_id"]
            if policy["kind"] in ("open", "platform_admin") or not ids:
                continue
            for role in ROLES[ROLES.index(policy["minimum_role"]):]:
                client, bodies = self.mine.clients[role], {}
                cells = {"foreign": self.theirs.make(ids[0], self.theirs.owner), "missing": MISSING, "malformed": "not-an-id", "malformed 2": "%27%20OR%201=1"}
                gone = self.mine.make(ids[0], self.mine.owner)
                if self.mine.delete(ids[0], gone):
                    cells["deleted"] = gone
                for kind, value in cells.items():
                    with self.subTest(route=route["id"], role=role, id=kind):
                        answer = self.call(route, client, replacement=value)
                        self.assertError(answer, 404, "not_found")
                        body = answer.json
                        body["error"].pop("request_id")
                        bodies[kind] = json.dumps(body, sort_keys=True)
                self.assertLessEqual(len(set(bodies.values())), 1, f"{route['id']}: foreign and missing can be told apart: {bodies}")

    def test_conditions_hold_where_they_are_documented(self):
        """If-Match on every write that documents 412, an ETag and 304 on every read that documents them; nowhere else."""
        kept = {"ETag": 0, "412": 0}
        for route in self.routes:
            if route["policy"]["kind"] in ("open", "platform_admin") or route["id"] in OWN_SUITE | STREAMS:
                continue
            with self.subTest(route=route["id"]):
                path, ids = self.fill(route, self.mine.owner, self.mine)
                if route["method"] == "GET":
                    read = self.mine.owner.get(path)
                    self.assertEqual("ETag" in read.headers, "304" in route["statuses"], repr(read))
                    if "304" in route["statuses"]:
                        self.assertStatus(self.mine.owner.get(path, headers={"If-None-Match": read.headers["ETag"]}), 304)
                        kept["ETag"] += 1
                elif "412" in route["statuses"]:
                    answer = self.mine.owner.request(route["method"], path, self.body(route, ids), headers={"If-Match": '"0"'})
                    self.assertError(answer, 412, "precondition_failed")
                    kept["412"] += 1
        self.assertGreater(min(kept.values()), 8, kept)

    def test_lists_show_and_count_own_rows_only(self):
        """Data, totals and filters by a foreign id."""
        world, other = World(self, self.server), self.theirs
        other.execute(other.owner)
        foreign_agent = other.make_agent_id(other.owner)
        for route in self.routes:
            if route["method"] != "GET" or not route["id"].endswith("_list") or self.parameters(route):
                continue
            with self.subTest(route=route["id"]):
                answer = self.assertStatus(world.owner.get(route["path"]), 200)
                theirs = {row["id"] for row in self.assertStatus(other.owner.get(route["path"] + "?limit=100"), 200).json["data"] if len(row.get("id", "")) == 36}
                ours = {row["id"] for row in answer.json["data"]}
                self.assertFalse(ours & theirs)
                if "pagination" in answer.json:
                    self.assertEqual(answer.json["pagination"]["total"], len(ours), repr(answer))
        for path in (f"/v1/conversations?agent_id={foreign_agent}", f"/v1/runs?agent_id={foreign_agent}"):
            self.assertEqual(self.assertStatus(world.owner.get(path), 200).json["data"], [])

    def test_ids_in_bodies_belong_to_the_tenant(self):
        theirs = self.theirs.execute(self.theirs.owner)
        agent = self.mine.make_agent_id(self.mine.owner)
        foreign_agent = self.theirs.make_agent_id(self.theirs.owner)
        self.assertIn(self.mine.owner.post("/v1/conversations", {"agent_id": foreign_agent}).status, (404, 422))
        answer = self.mine.owner.post(f"/v1/agents/{agent}/execute", {"input": "Hello", "conversation_id": theirs["conversation_id"]})
        self.assertError(answer, 404, "not_found")
        own = self.mine.execute(self.mine.owner)
        answer = self.mine.owner.post(f"/v1/conversations/{own['conversation_id']}/fork", {"message_id": theirs["message_id"]})
        self.assertEqual(answer.status, 404, repr(answer))

    def test_columns_cannot_be_assigned_through_bodies(self):
        """Every column name a body must not carry is a violation that names it."""
        names = ["id", "tenant_id", "created_at", "updated_at", "deleted_at", "version", "created_by", "owner", "is_public", "spent", "password_hash", "token_version", "user_id"]
        for route in self.routes:
            if not route["body"] or route["policy"]["kind"] == "open" or route["id"] in OWN_SUITE:
                continue
            with self.subTest(route=route["id"]):
                path, ids = self.fill(route, self.mine.owner, self.mine)
                body = self.body(route, ids)
                extra = {name: MISSING for name in names if name not in body}
                answer = self.mine.owner.request(route["method"], path, {**body, **extra})
                self.assertStatus(answer, 422)
                self.assertLessEqual(set(extra), set(answer.fields), repr(answer))


if __name__ == "__main__":
    main()
