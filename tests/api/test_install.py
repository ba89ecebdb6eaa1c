#!/usr/bin/env python3
"""`cmake --install` makes what docs/operations.md says, and scripts/packages/runtime.txt is what the installed programs need: no less, no more."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from harness import BINARY, REPO

BUILD = pathlib.Path(BINARY).resolve().parent
PROGRAMS = ("agentic", "agentic-extract")
NOT_LINKED = {"libdnnl3.6", "poppler-data", "ca-certificates", "python3-venv"}   # loaded, read or started
ALWAYS_THERE = {"libc6", "libgcc-s1"}
WITHOUT_OPTIMISATION = {"libboost-container1.88.0"}   # named by a build that is not linked as one unit
SANITIZERS = re.compile(r"lib(a|ub|t)san")


def output(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def packages_of(program):
    """The packages of the libraries that a program names itself; theirs come with them."""
    needed = set(re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program)))
    paths = {name: path for name, path in re.findall(r"(\S+) => (/\S+)", output("ldd", program)) if name in needed}
    owners = [output("dpkg", "-S", os.path.realpath(path)).split(":")[0] for path in paths.values()]
    return {owner for owner in owners if not SANITIZERS.match(owner)}


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name)
        output("cmake", "--install", BUILD, "--prefix", cls.prefix)

    def test_programs_unit_and_pages_are_there(self):
        for path in (*(f"bin/{name}" for name in PROGRAMS), "lib/systemd/system/agentic.service", "share/doc/agentic/operations.md", "share/doc/agentic/LICENSE"):
            self.assertTrue((self.prefix / path).is_file(), path)
        self.assertIn("agentic", output(self.prefix / "bin/agentic", "version"))
        unit = (REPO / "deploy/agentic.service").read_text()
        for path in re.findall(r"/usr/local/(\S+)", unit):
            self.assertTrue((self.prefix / path).exists(), f"the unit names {path}")

    def test_the_runtime_packages_are_what_is_linked(self):
        listed = set(re.sub(r"#.*", "", (REPO / "scripts/packages/runtime.txt").read_text()).split())
        linked = set().union(*(packages_of(self.prefix / "bin" / name) for name in PROGRAMS)) - ALWAYS_THERE - WITHOUT_OPTIMISATION
        self.assertEqual(listed - NOT_LINKED - linked, set(), "listed, and not needed")
        with_theirs = listed | set(re.findall(r"[a-z0-9][a-z0-9.+-]+", output("dpkg-query", "--show", "--showformat", "${Depends} ", *listed)))
        self.assertEqual(linked - with_theirs, set(), "needed, and neither listed nor a dependency of what is listed")


if __name__ == "__main__":
    unittest.main()
