"""What a document that has taken its reader over could do next: nothing."""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
from server import Server

PROGRAM = os.environ["AGENTIC_EXTRACT"]
# What the unlocked probe must be able to do, or the test proves nothing. The rest depends on the machine (namespaces, other architectures' calls).
CONTROL = {"open", "open_self", "open_path", "open_directory", "open_for_writing", "stat", "connect_tcp", "connect_unix", "socket_pair", "exec", "exec_descriptor", "kill_parent",
           "signal_parent_thread", "fork", "memfd", "map_code", "protect_code", "unlink", "mkdir", "disarm_alarm", "ignore_signal", "limit_parent", "change_user"}


def probe(mode, name=""):
    arguments = [PROGRAM, mode] + (["--name", name] if name else [])
    return subprocess.run(arguments, capture_output=True, text=True, timeout=30).stdout.split()


class Sandbox(unittest.TestCase):
    def test_nothing_gets_through(self):
        attempts = probe("--probe")
        self.assertGreaterEqual(len(attempts), 30)
        results = {name: probe("--probe", name) for name in attempts}
        print(f"{sum(r in (['refused'], ['killed']) for r in results.values())} of {len(attempts)} attempts blocked")
        self.assertEqual({name: r for name, r in results.items() if r not in (["refused"], ["killed"])}, {})

    def test_the_same_attempts_succeed_without_the_sandbox(self):
        through = {name for name in probe("--probe") if probe("--probe-unlocked", name) == ["through"]}
        self.assertEqual(CONTROL - through, set())

    def test_a_worker_holds_no_more_than_it_needs(self):
        with Server(PROGRAM) as server:
            status = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{server.pid}/status").read_text().splitlines() if ":\t" in line)
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], "2")
            self.assertEqual(int(status["CapEff"], 16), 0)
            self.assertEqual(int(status["CapPrm"], 16), 0)
            descriptors = sorted(int(name) for name in os.listdir(f"/proc/{server.pid}/fd"))
            self.assertEqual(descriptors, [0, 1, 2, 3])
            limits = pathlib.Path(f"/proc/{server.pid}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0")

    def test_the_reader_ends_with_the_one_who_asked(self):
        server = Server(PROGRAM)
        page = b"<!doctype html>" + b"<a><b><div>" * 60_000
        read, write = os.pipe()
        with os.fdopen(os.memfd_create("document"), "wb") as document:
            document.write(page)
            document.flush()
            socket.send_fds(server.control, [struct.pack("<4sHH", b"AGXJ", 6, 0) + b"a.html"], [document.fileno(), write])
        os.close(write)
        server.control.close()   # as if the server had been killed
        self.assertEqual(server.end(), 0)
        with os.fdopen(read, "rb") as stream:
            self.assertEqual(stream.read(), b"")   # ends only when the reader, which holds the other end, has ended


if __name__ == "__main__":
    unittest.main()
