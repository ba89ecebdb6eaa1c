#!/usr/bin/env python3
"""Starting, stopping, probes and the command line, over the real program."""
import http.client
import json
import signal
import socket
import stat
import threading
import time
import unittest

from harness import Client, Database, Server, ServerTest, main, on_both_databases

STRONG = {"SECRET_KEY": "k3Jx-9TqLz0_wVb7Rm2NcYh5Gd8SfPaE", "JWT_SECRET": "pZ6uWq1XoC4tMv8LyBn3RkHs7JdGe_2F"}


@on_both_databases
class Lifecycle:
    def test_probes_answer(self):
        for path, word in (("/health", "ok"), ("/health/live", "ok"), ("/livez", "ok"), ("/health/ready", "ready"), ("/readyz", "ready")):
            answer = self.assertStatus(self.server.anonymous().get(path), 200)
            self.assertEqual(answer.json, {"status": word})
        verbose = self.server.anonymous().get("/readyz?verbose").json
        self.assertEqual(verbose, {"status": "ready", "checks": [{"name": name, "ok": True} for name in ("started", "accepting", "database")]})

    def test_probes_are_not_logged_and_requests_are(self):
        self.server.anonymous().get("/health/ready")
        answer = self.server.anonymous().get("/v1/agents", headers={"X-Request-ID": "lifecycle-test-1"})
        self.assertEqual(answer.headers["X-Request-ID"], "lifecycle-test-1")
        line = self.await_line(lambda line: line.get("request_id") == "lifecycle-test-1")
        self.assertEqual((line["event"], line["method"], line["route"], line["status"]), ("request", "GET", "/v1/agents", 401))
        self.assertFalse([line for line in self.server.log_lines("request") if line["route"].startswith("/health")])

    def await_line(self, matches):
        until = time.monotonic() + 10
        while time.monotonic() < until:
            if found := [line for line in self.server.log_lines() if matches(line)]:
                return found[-1]
            time.sleep(0.02)
        self.fail(f"no such line in:\n{self.server.log()}")

    def test_ready_line_says_what_runs(self):
        line = self.server.log_lines("ready")[-1]
        self.assertIn(f"http://127.0.0.1:{self.server.port}", line["message"])
        self.assertIn({"sqlite": "SQLite", "postgres": "PostgreSQL"}[self.engine], line["database"])

    def test_a_stopped_server_ends_with_0_and_starts_again(self):
        self.assertEqual(self.server.stop(), 0)
        self.server.start()

    def test_keep_alive_connections_end_with_the_server(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        connection.request("GET", "/livez")
        connection.getresponse().read()
        started = time.monotonic()
        self.assertEqual(self.server.stop(), 0)
        self.assertLess(time.monotonic() - started, 10)
        connection.close()
        self.server.start()

    def test_requests_in_flight_are_answered_while_draining(self):
        statuses = []
        handled = lambda: sum("POST /v1/auth/login" in line["message"] for line in self.server.log_lines("request"))
        before = handled()

        def load():
            client = Client(self.server)
            while True:
                try:
                    statuses.append(client.post("/v1/auth/login", {"email": "nobody@example.com", "password": "does not matter"}).status)
                except ConnectionRefusedError:
                    return  # the listener is closed
                except OSError as error:
                    statuses.append(repr(error))
                    return

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        self.assertEqual(self.server.stop(), 0)
        for thread in threads:
            thread.join()
        answered = [status for status in statuses if status in (401, 429)]
        # What the server took up, it answered. A connection that nobody had accepted when the listener closed is reset, and one without a request is closed.
        self.assertEqual(len(answered), handled() - before)
        cut = [status for status in statuses if status not in (401, 429)]
        self.assertTrue(all("Reset" in str(status) or "RemoteDisconnected" in str(status) for status in cut), cut)
        self.assertTrue(answered)
        self.server.start()

    def test_drain_delay_answers_503_on_ready_and_serves_on(self):
        server = Server(self.database, DRAIN_SECONDS="2")
        self.server.stop()
        server.start()
        server.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 1.5
        answer = Client(server).get("/readyz")
        while answer.status == 200 and time.monotonic() < until:
            answer = Client(server).get("/readyz")
        self.assertEqual((answer.status, answer.json["status"]), (503, "draining"))
        self.assertEqual(Client(server).get("/livez").status, 200)
        self.assertEqual(Client(server).get("/v1/agents").status, 401)
        self.assertEqual(server.process.wait(30), 0)
        self.server.start()

    def test_second_signal_ends_at_once(self):
        server = Server(self.database, DRAIN_SECONDS="60")
        self.server.stop()
        server.start()
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        self.assertEqual(server.stop(timeout=5), 1)
        self.server.start()

    def test_sighup_and_broken_pipes_do_no_harm(self):
        self.server.process.send_signal(signal.SIGHUP)
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", self.server.port)) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                connection.sendall(b"GET /docs HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertStatus(self.server.anonymous().get("/livez"), 200)

    def test_service_manager_is_told(self):
        path = self.database.directory / "notify.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(20)
            self.server.stop()
            server = Server(self.database, NOTIFY_SOCKET=str(path)).start()
            self.assertEqual(manager.recv(100), b"READY=1")
            server.stop()
            self.assertEqual(manager.recv(100), b"STOPPING=1")
        path.unlink()
        self.server.start()

    def test_healthcheck_command(self):
        url = f"http://127.0.0.1:{self.server.port}/health/ready"
        self.assertEqual(self.server.run("healthcheck", "--url", url).returncode, 0)
        self.assertEqual(self.server.run("healthcheck", PORT=str(self.server.port)).returncode, 0)
        self.server.stop()
        self.assertEqual(self.server.run("healthcheck", "--url", url).returncode, 1)
        self.server.start()

    def test_healthcheck_over_ipv6(self):
        self.server.stop()
        self.addCleanup(self.server.start)
        server = Server(self.database, HOST="::1").start(wait=False)
        self.addCleanup(server.stop)
        port_file = self.database.directory / "port"
        until = time.monotonic() + 30
        while not port_file.exists() and time.monotonic() < until:
            time.sleep(0.01)
        checked = server.run("healthcheck", PORT=port_file.read_text().strip())
        self.assertEqual(checked.returncode, 0, checked.stdout)
        self.assertIn("http://[::1]:", checked.stdout)

    def test_platform_administrators(self):
        email = f"ops-{self.engine}@example.com"
        if self.engine == "sqlite":  # the database has one owner
            self.assertEqual(self.server.run("admin", "create", email).returncode, 1)
        self.server.stop()
        made = self.server.run("admin", "create", email)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertGreaterEqual(len(made.stdout.strip()), 20)
        self.assertEqual(self.server.run("admin", "create", email).returncode, 1)
        secret = self.database.directory / "password"
        secret.write_text("a much better password\n")
        self.assertEqual(self.server.run("admin", "reset-password", email, "--password-file", str(secret)).returncode, 0)
        self.assertEqual(self.server.run("admin", "reset-password", "nobody@example.com").returncode, 1)
        token = self.server.run("admin", "token", email, "--hours", "1").stdout.strip()
        self.assertTrue(token.startswith("agpa_"), token)
        self.server.start()
        # A real credential, but of no tenant: refused differently from a forged one.
        self.assertError(Client(self.server, token).get("/v1/agents"), 403, "forbidden")
        self.assertError(Client(self.server, token[:-1] + ("A" if token[-1] != "A" else "B")).get("/v1/agents"), 401, "not_authenticated")

    def test_migrations_go_down_and_up(self):
        self.server.stop()
        states = json.loads(self.server.run("migrate", "status", "--output", "json").stdout)
        self.assertTrue(states and all(state["applied_at"] for state in states))
        down = self.server.run("migrate", "down", "--to", "0")
        self.assertEqual(down.returncode, 0, down.stderr)
        if self.engine == "postgres":
            self.assertEqual(self.server.run("serve", "--port", "0").returncode, 1)
        up = self.server.run("migrate", "up")
        self.assertEqual((up.returncode, up.stdout), (0, f"Applied {len(states)} migrations.\n"), up.stderr)
        self.server.start()


class EmbeddedInstallation(unittest.TestCase):
    """What only the embedded default does: everything in one directory."""

    def setUp(self):
        self.database = Database("sqlite")
        self.addCleanup(self.database.drop)
        self.server = Server(self.database)
        self.addCleanup(self.server.stop)

    def test_everything_it_makes_is_private(self):
        self.server.start()
        data = self.database.directory / "data"
        self.assertEqual(stat.S_IMODE(data.stat().st_mode), 0o700)
        for name in ("secret_key", "jwt_secret", "agentic.db"):
            self.assertEqual(stat.S_IMODE((data / name).stat().st_mode) & 0o077, 0, name)

    def test_generated_secrets_stay(self):
        token = self.server.start().register().token
        self.server.restart()
        self.assertEqual(Client(self.server, token).get("/v1/auth/me").status, 200)

    def test_two_servers_cannot_share_a_directory(self):
        self.server.start()
        second = self.server.run("serve", "--port", "0")
        self.assertEqual(second.returncode, 1)
        self.assertIn("error:", second.stderr)

    def test_a_taken_port_is_reported(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            answer = self.server.run("serve", "--port", str(port))
        self.assertEqual(answer.returncode, 1)
        self.assertIn(str(port), answer.stderr)

    def test_a_newer_schema_is_refused(self):
        import sqlite3
        self.server.start()
        self.server.stop()
        with sqlite3.connect(self.database.directory / "data" / "agentic.db") as db:
            db.execute("INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (9999, 'from_the_future', 'x', 0)")
        db.close()
        answer = self.server.run("serve", "--port", "0")
        self.assertEqual(answer.returncode, 1)
        self.assertIn("newer", answer.stderr)

    def test_starts_again_after_kill(self):
        self.server.start()
        self.server.kill()
        self.server.start()

    def test_doctor_finds_nothing_wrong(self):
        answer = self.server.run("doctor", "--output", "json", PORT="0")
        self.assertEqual(answer.returncode, 0, answer.stdout)
        self.assertEqual({finding["name"] for finding in json.loads(answer.stdout)}, {"config", "data", "secrets", "database", "port", "libraries"})

    def test_doctor_finds_a_directory_that_cannot_be_made(self):
        self.assertEqual(self.server.run("doctor", DATA_DIR="/proc/agentic").returncode, 1)


class Configuration(unittest.TestCase):
    def setUp(self):
        self.database = Database("sqlite")
        self.addCleanup(self.database.drop)
        self.server = Server(self.database)

    def problems(self, **environment):
        answer = self.server.run("config", "check", "--output", "json", **environment)
        return answer.returncode, {problem["variable"] for problem in json.loads(answer.stdout)["problems"]}

    def test_production_needs_strong_secrets(self):
        self.assertEqual(self.problems(ENVIRONMENT="production"), (1, {"SECRET_KEY", "JWT_SECRET"}))
        self.assertEqual(self.problems(ENVIRONMENT="production", **STRONG), (0, set()))
        serve = self.server.run("serve", "--port", "0", ENVIRONMENT="production")
        self.assertEqual(serve.returncode, 1)
        self.assertFalse((self.database.directory / "data").exists())

    def test_star_is_no_origin(self):
        self.assertEqual(self.problems(ALLOWED_ORIGINS="*"), (1, {"ALLOWED_ORIGINS"}))

    def test_order_of_precedence(self):
        directory = self.database.directory
        (directory / ".env").write_text("THREADS=3\nDRAIN_SECONDS=3\nLOG_LEVEL=error\nSOMEBODY_ELSES=1\n")
        (directory / "agentic.conf").write_text("THREADS=4\nDRAIN_SECONDS=4\nLOG_LEVEL=debug\nSHUTDOWN_SECONDS=4\n")
        answer = self.server.run("config", "print", "--output", "json", "--config", "agentic.conf", "--threads", "1", DRAIN_SECONDS="2")
        shown = {entry["name"]: (entry["value"], entry["source"]) for entry in json.loads(answer.stdout)}
        self.assertEqual(shown["THREADS"], ("1", "flag"))
        self.assertEqual(shown["DRAIN_SECONDS"], ("2", "environment"))
        self.assertEqual(shown["LOG_LEVEL"], ("error", ".env"))
        self.assertEqual(shown["SHUTDOWN_SECONDS"], ("4", "agentic.conf"))
        self.assertEqual(shown["MAX_AGENT_ITERATIONS"], ("10", "default"))

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("nonsense",), ("serve", "--colour"), ("migrate", "down")):
            self.assertEqual(self.server.run(*arguments).returncode, 2, arguments)
        self.assertEqual(self.server.run("--version").returncode, 0)
        self.assertEqual(self.server.run("serve", "--help").returncode, 0)

    def test_secrets_have_no_flag(self):
        self.assertEqual(self.server.run("config", "check", "--jwt-secret", "x" * 40).returncode, 2)
        secret = self.database.directory / "jwt"
        secret.write_text(STRONG["JWT_SECRET"] + "\n")
        self.assertEqual(self.server.run("config", "check", "--jwt-secret-file", str(secret)).returncode, 0)


if __name__ == "__main__":
    main()
