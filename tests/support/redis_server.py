"""A redis-server of a suite's own, on a free port of the loopback address. Without the program the suite fails; it is never skipped."""
import ctypes
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class RedisServer:
    def __init__(self, password=""):
        self.password = password
        self.directory = tempfile.mkdtemp(prefix="agentic-redis-")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = None
        self.start()

    @property
    def url(self):
        return f"redis://{f':{self.password}@' if self.password else ''}127.0.0.1:{self.port}"

    def start(self):
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--dir", self.directory, "--save", "", "--appendonly", "no"]
        libc = ctypes.CDLL(None)
        self.process = subprocess.Popen(command + (["--requirepass", self.password] if self.password else []), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        preexec_fn=lambda: libc.prctl(1, signal.SIGKILL))   # PR_SET_PDEATHSIG: it ends with the suite, however that ends
        until = time.monotonic() + 20
        while self.cli("PING") != "PONG":
            if time.monotonic() > until:
                raise AssertionError("redis-server does not answer")
            time.sleep(0.02)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def cli(self, *words):
        password = ["-a", self.password, "--no-auth-warning"] if self.password else []
        return subprocess.run(["redis-cli", "-p", str(self.port), *password, *words], capture_output=True, text=True, timeout=20).stdout.strip()

    def close(self):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
