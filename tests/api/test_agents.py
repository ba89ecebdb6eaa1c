#!/usr/bin/env python3
"""Agents: the specification's flow from a login to a list, and what is refused."""
import uuid

from harness import main, on_both_databases


@on_both_databases
class Agents:
    def setUp(self):
        self.client = self.server.register()

    def test_created_agent_reads_back_as_it_was_answered(self):
        body = {"name": "Research assistant", "slug": "research", "description": "Looks things up", "model_provider": "anthropic", "model_name": "claude-sonnet-5-5",
                "system_prompt": "Be brief. \u00e9\u4e2d\U0001f600", "temperature": 0, "max_tokens": 500, "tags": ["a", "b"], "config": {"depth": {"n": 1}}}
        created = self.assertStatus(self.client.post("/v1/agents", body), 201).json
        for name, value in body.items():
            self.assertEqual(created[name], value, name)
        self.assertEqual(created["status"], "active")
        self.assertEqual(created["tenant_id"], self.client.session["user"]["tenant_id"])
        self.assertEqual(self.assertStatus(self.client.get(f"/v1/agents/{created['id']}"), 200).json, created)

    def test_pages(self):
        for number in range(5):
            self.agent(self.client, name=f"Agent {number}")
        first = self.assertStatus(self.client.get("/v1/agents?page=1&limit=2&sort=name&order=asc"), 200).json
        self.assertEqual(first["pagination"], {"page": 1, "limit": 2, "total": 5, "total_pages": 3})
        self.assertEqual([agent["name"] for agent in first["data"]], ["Agent 0", "Agent 1"])
        last = self.client.get("/v1/agents?page=3&limit=2&sort=name&order=asc").json
        self.assertEqual([agent["name"] for agent in last["data"]], ["Agent 4"])
        self.assertEqual(self.client.get("/v1/agents?page=4&limit=2").json["data"], [])
        self.assertEqual(self.client.get("/v1/agents").json["pagination"]["limit"], 20)
        self.assertError(self.client.get("/v1/agents?limit=101"), 422, "validation_error")
        self.assertError(self.client.get("/v1/agents?page=0"), 422, "validation_error")

    def test_totals_and_lists_hold_own_agents_only(self):
        self.agent(self.client)
        other = self.server.register()
        self.assertEqual(other.get("/v1/agents").json["pagination"]["total"], 0)

    def test_foreign_agent_is_a_missing_agent(self):
        mine = self.agent(self.client)
        other = self.server.register()
        foreign = self.assertError(other.get(f"/v1/agents/{mine}"), 404, "not_found")
        missing = self.assertError(other.get(f"/v1/agents/{uuid.uuid4()}"), 404, "not_found")
        self.assertEqual(foreign.json["detail"], missing.json["detail"])
        self.assertError(other.patch(f"/v1/agents/{mine}", {"name": "x"}), 404, "not_found")
        self.assertError(other.delete(f"/v1/agents/{mine}"), 404, "not_found")
        self.assertStatus(self.client.get(f"/v1/agents/{mine}"), 200)

    def test_duplicate_slug_is_refused_by_name(self):
        self.agent(self.client, slug="twice")
        answer = self.assertError(self.client.post("/v1/agents", {"name": "B", "slug": "twice", "model_provider": "extractive", "model_name": "extractive"}), 409, "conflict")
        self.assertIn("twice", answer.json["detail"])
        self.agent(self.server.register(), slug="twice")  # another tenant may

    def test_temperature_above_two_is_refused_naming_the_field(self):
        answer = self.client.post("/v1/agents", {"name": "B", "slug": "b", "model_provider": "extractive", "model_name": "extractive", "temperature": 2.1})
        self.assertError(answer, 422, "validation_error")
        self.assertEqual(answer.fields, ["temperature"])
        self.assertIn("temperature", answer.json["detail"])

    def test_five_faults_are_named_at_once(self):
        answer = self.client.post("/v1/agents", {"name": "", "slug": "No Slug", "model_provider": "extractive", "model_name": "extractive", "temperature": 2.1, "max_tokens": 0,
                                                 "colour": "red"})
        self.assertError(answer, 422, "validation_error")
        self.assertEqual(answer.fields, ["colour", "max_tokens", "name", "slug", "temperature"])

    def test_deleted_agent_is_gone_and_its_slug_free(self):
        gone = self.agent(self.client, slug="phoenix")
        self.assertStatus(self.client.delete(f"/v1/agents/{gone}"), 204)
        self.assertError(self.client.get(f"/v1/agents/{gone}"), 404, "not_found")
        self.assertError(self.client.delete(f"/v1/agents/{gone}"), 404, "not_found")
        self.assertEqual(self.client.get("/v1/agents").json["pagination"]["total"], 0)

    def test_every_change_makes_a_version_that_can_come_back(self):
        agent = self.agent(self.client, name="One")
        changed = self.assertStatus(self.client.patch(f"/v1/agents/{agent}", {"name": "Two"}), 200).json
        self.assertEqual(changed["version"], 2)
        restored = self.assertStatus(self.client.post(f"/v1/agents/{agent}/versions/1/restore"), 200).json
        self.assertEqual((restored["name"], restored["version"]), ("One", 3))
        self.assertEqual(len(self.client.get(f"/v1/agents/{agent}/versions").json["data"]), 3)

    def test_agents_survive_a_restart(self):
        agent = self.agent(self.client, name="Durable")
        self.server.restart()
        self.assertEqual(self.assertStatus(self.client.get(f"/v1/agents/{agent}"), 200).json["name"], "Durable")

    def test_agents_survive_a_kill(self):
        agent = self.agent(self.client, name="Durable")
        self.server.kill()
        self.server.start()
        self.assertEqual(self.assertStatus(self.client.get(f"/v1/agents/{agent}"), 200).json["name"], "Durable")


if __name__ == "__main__":
    main()
