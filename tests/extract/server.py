"""The client's side of `agentic-extract --serve` (src/knowledge/extract_wire.hpp), in Python."""
import dataclasses
import os
import socket
import struct
import threading
import time

import wire


@dataclasses.dataclass
class Outcome:
    reason: str
    document: object
    seconds: float
    cpu_s: float
    rss_mib: float
    signal: int


class Server:
    def __init__(self, program, wall_s=30, cpu_s=25, memory_mib=512):
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = [program, "--serve", "--wall-s", str(wall_s), "--cpu-s", str(cpu_s), "--memory-mib", str(memory_mib)]
        self.pid = os.posix_spawn(program, arguments, {}, file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0), (os.POSIX_SPAWN_DUP2, theirs.fileno(), 3)])
        theirs.close()
        self.control.settimeout(wall_s + 30)
        magic, self.version, self.landlock = struct.unpack("<4sBBxx", self.control.recv(64))
        assert magic == b"AGXH"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.end()

    def end(self):
        """Waits for the worker, which ends when its socket does."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def extract(self, data, name, declared=""):
        with os.fdopen(os.memfd_create("document"), "wb") as document:   # a file in memory: a busy disk is not what is tested here
            document.write(data)
            document.flush()
            read, write = os.pipe()
            started = time.monotonic()
            names = name.encode(), declared.encode()
            socket.send_fds(self.control, [struct.pack("<4sHH", b"AGXJ", *map(len, names)) + b"".join(names)], [document.fileno(), write])
            os.close(write)
            pieces = []

            def drain():
                with os.fdopen(read, "rb") as stream:
                    pieces.append(stream.read())

            reader = threading.Thread(target=drain)
            reader.start()
            magic, outcome, signal, cpu_us, rss_kib = struct.unpack("<4sBBxxQQ", self.control.recv(64))
            seconds = time.monotonic() - started
            reader.join()
            assert magic == b"AGXS"
            reason = wire.REASONS[outcome - 1] if outcome else ""
            return Outcome(reason, None if reason else wire.parse(pieces[0]), seconds, cpu_us / 1e6, rss_kib / 1024, signal)
