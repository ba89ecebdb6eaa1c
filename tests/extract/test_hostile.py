"""Files made to hurt: each ends in time, within the memory limit and with its reason, and what comes after them is served as ever."""
import os
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(__file__))
import hostile
from server import Server

PROGRAM = os.environ["AGENTIC_EXTRACT"]
# Shorter than in production, so that the suite is; what reaches a limit reaches any.
WALL_S, CPU_S, MEMORY_MIB = 12, 2, 512


class Hostile(unittest.TestCase):
    def test_every_file_ends_within_the_limits_and_with_its_reason(self):
        cases = list(hostile.cases())
        self.assertGreaterEqual(len(cases), 60)
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(self.read, cases))
        for (name, *_), outcome in zip(cases, outcomes):
            if os.environ.get("VERBOSE"):
                print(f"{name:28} {outcome.reason or 'text':18} {outcome.seconds:6.2f} s {outcome.cpu_s:6.2f} s CPU {outcome.rss_mib:6.1f} MiB")
        print(f"{len(cases)} files; slowest {max(o.seconds for o in outcomes):.1f} s, largest {max(o.rss_mib for o in outcomes):.0f} MiB")
        for (name, _, _, reasons), outcome in zip(cases, outcomes):
            with self.subTest(name):
                self.assertIn(outcome.reason, reasons)
                self.assertLess(outcome.seconds, WALL_S + 2)
                self.assertLessEqual(outcome.rss_mib, MEMORY_MIB)

    def read(self, case):
        """In a worker of a server that has to be fit for the next document."""
        name, file_name, data, _ = case
        with Server(PROGRAM, wall_s=WALL_S, cpu_s=CPU_S, memory_mib=MEMORY_MIB) as server:
            outcome = server.extract(data, file_name)
            after = server.extract(b"after", "after.txt")
            self.assertEqual((after.reason, after.document and after.document.text), ("", "after"), name)
            return outcome

    def test_the_limits_hold_because_they_are_set(self):
        """The negative control: with more time and memory the same files take more of both."""
        bomb = hostile.pdf_bomb(3000, b" ")
        with Server(PROGRAM, cpu_s=1) as tight, Server(PROGRAM, cpu_s=3) as wide:
            self.assertLess(tight.extract(bomb, "a.pdf").cpu_s, 1.5)
            self.assertGreater(wide.extract(bomb, "a.pdf").cpu_s, 2.5)
        with Server(PROGRAM, memory_mib=128) as small, Server(PROGRAM, memory_mib=512) as large:
            text = b"word and word\n" * (40 << 16)
            self.assertEqual(small.extract(text, "a.txt").reason, "memory_limit")
            self.assertEqual(large.extract(text, "a.txt").reason, "")


if __name__ == "__main__":
    unittest.main()
