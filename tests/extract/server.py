"""The client's side of `agentic-extract --serve` (src/knowledge/extract_wire.hpp), in Python."""
import dataclasses
import os
import socket
import struct
import subprocess
import tempfile
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
        # The worker expects its socket as descriptor 3.
        self.process = subprocess.Popen(["sh", "-c", f'exec "$0" "$@" 3<&{theirs.fileno()} {theirs.fileno()}<&-' if theirs.fileno() != 3 else 'exec "$0" "$@"', program, "--serve",
                                         "--wall-s", str(wall_s), "--cpu-s", str(cpu_s), "--memory-mib", str(memory_mib)], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        self.control.settimeout(wall_s + 30)
        magic, self.version, self.landlock = struct.unpack("<4sBBxx", self.control.recv(64))
        assert magic == b"AGXH"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.control.close()
        self.process.wait(10)

    def extract(self, data, name, declared=""):
        with tempfile.TemporaryFile() as document:
            document.write(data)
            document.flush()
            document.seek(0)
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
