#!/usr/bin/env python3
"""scripts/embed_sql.py: what becomes of blocks, tags and parts, and what it refuses."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import embed_sql  # noqa: E402


class EmbedSql(unittest.TestCase):
    def statements(self, text):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.sql").write_text(text)
            return embed_sql.statements(pathlib.Path(folder))

    def refused(self, text):
        with self.assertRaises(SystemExit) as refusal:
            self.statements(text)
        return str(refusal.exception)

    def test_a_block_is_a_statement_for_both_engines(self):
        found = self.statements("-- About a.\n\n-- name: a_list :many\n-- $1 the tenant.\nSELECT x\nFROM a;\n")["a_list"]
        self.assertEqual((found["sqlite"], found["postgres"]), ("SELECT x\nFROM a", "SELECT x\nFROM a"))
        self.assertEqual((found["writes"], found["table"], found["cross_tenant"], found["by_key"]), (False, "", False, False))

    def test_tags_say_for_whom_and_what_it_may(self):
        found = self.statements("-- name: a_end :exec @sqlite @cross_tenant(all of them)\nUPDATE a SET x = 1\n\n"
                                "-- name: a_end :exec @postgres @cross_tenant(all of them)\nUPDATE a SET x = 2\n\n"
                                "-- name: a_lock :one @by_key\nSELECT x FROM a FOR UPDATE\n")
        self.assertEqual((found["a_end"]["sqlite"], found["a_end"]["postgres"]), ("UPDATE a SET x = 1", "UPDATE a SET x = 2"))
        self.assertEqual((found["a_end"]["writes"], found["a_end"]["table"], found["a_end"]["cross_tenant"]), (True, "a", True))
        self.assertEqual((found["a_lock"]["writes"], found["a_lock"]["by_key"]), (False, True))

    def test_a_part_takes_its_places(self):
        found = self.statements("-- part: columns\n-- Of a row.\nx,\n    y\n\n-- part: listed\na\nWHERE z = $1\n\n"
                                "-- name: a_list :many\nSELECT ${columns}\nFROM ${listed}\n\n-- name: a_count :one\nSELECT COUNT(*)\nFROM ${listed}\n")
        self.assertEqual(found["a_list"]["sqlite"], "SELECT x,\n    y\nFROM a\nWHERE z = $1")
        self.assertEqual(found["a_count"]["postgres"], "SELECT COUNT(*)\nFROM a\nWHERE z = $1")
        self.assertEqual(list(found), ["a_list", "a_count"], "a part is no statement")

    def test_a_part_may_stand_in_another(self):
        found = self.statements("-- part: shown\na\nWHERE z\n\n-- part: listed\n${shown}\n    AND y\n\n-- name: a_list :many\nSELECT x\nFROM ${listed}\n")
        self.assertEqual(found["a_list"]["sqlite"], "SELECT x\nFROM a\nWHERE z\n    AND y")

    def test_refuses_what_cannot_be_meant(self):
        block = "-- name: a :one\nSELECT ${columns} FROM a\n"
        self.assertEqual(self.refused(block), "a.sql:1: no part columns stands before a")
        self.assertIn("no part columns", self.refused(block + "\n-- part: columns\nx\n"))
        self.assertIn("parts that nobody uses: columns", self.refused("-- part: columns\nx\n\n-- name: a :one\nSELECT 1\n"))
        self.assertEqual(self.refused("-- part: columns\nx\n\n-- part: columns\ny\n\n" + block), "a.sql:4: the part columns is there already")
        self.assertIn("malformed block header", self.refused("-- part: two words\nx\n"))
        self.assertIn("malformed block header", self.refused("-- name: a :some\nSELECT 1\n"))
        self.assertEqual(self.refused("-- part: columns\n\n" + block), "a.sql:1: empty block")
        self.assertEqual(self.refused("-- name: a :one\n"), "a.sql:1: empty block")
        self.assertIn("SQL before the first block", self.refused("SELECT 1\n"))
        self.assertEqual(self.refused("-- name: a :one\nSELECT 1\n\n-- name: a :one\nSELECT 2\n"), "a.sql:4: a is defined twice for sqlite")
        self.assertEqual(self.refused("-- name: a :one @sqlite\nSELECT 1\n"), "a: no text for postgres")


if __name__ == "__main__":
    unittest.main(verbosity=1)
