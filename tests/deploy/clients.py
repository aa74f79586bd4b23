"""The README's clients in languages that the other tests do not speak: Go's is run, Swift's and Kotlin's are parsed."""

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

import tree_sitter
import tree_sitter_kotlin
import tree_sitter_swift

from place import PRESIGND, ROOT, TOOLS, ran


class Clients(unittest.TestCase):
    def test_the_one_in_go_uploads_and_downloads(self):
        with dev() as (presignd, folder):
            hello = "Grüße von presignd.\nZweite Zeile ohne Ende"
            (folder / "hello.txt").write_text(hello)
            (folder / "client.go").write_text(shown("go"))
            with urllib.request.urlopen(f"{presignd}/dev/token?as=alice") as answer:
                token = answer.read().decode().strip()
            around = os.environ | {
                "PRESIGND": presignd,
                "TOKEN": token,
                "no_proxy": "*",
                # What is compiled stays beside the compiler, and nothing else is fetched.
                "GOCACHE": str(TOOLS / "go-cache"),
                "GOPATH": str(TOOLS / "go-path"),
                "GOTOOLCHAIN": "local",
                "CGO_ENABLED": "0",
            }
            go = TOOLS / "python" / "bin" / "go"
            code, said = ran(go, "run", "client.go", cwd=folder, env=around)
            self.assertEqual(code, 0, said)
            self.assertEqual((folder / "copy.txt").read_text(), hello)

    def test_those_in_swift_and_kotlin_parse(self):
        for language, parser in PARSERS.items():
            text = shown(language)
            self.assertEqual(faults(parser, text), [], language)
            self.assertNotEqual(faults(parser, text.replace("(", "((", 1)), [], f"a fault in {language} is found")


PARSERS = {
    "kotlin": tree_sitter.Parser(tree_sitter.Language(tree_sitter_kotlin.language())),
    "swift": tree_sitter.Parser(tree_sitter.Language(tree_sitter_swift.language())),
}


def faults(parser, text):
    """Where a text is not of the parser's language."""
    every = nodes(parser.parse(text.encode()).root_node)
    return [node.start_point for node in every if node.is_error or node.is_missing]


def nodes(node):
    yield node
    for child in node.children:
        yield from nodes(child)


def shown(language):
    """The README's only block of a language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)
    (block,) = blocks
    return block


@contextlib.contextmanager
def dev(grants=""):
    """A `presignd dev` in a folder of its own, with grants beside the example's, and its address."""
    with tempfile.TemporaryDirectory() as folder:
        if grants:
            there = Path(folder) / "there"
            there.mkdir()
            example = (ROOT / "src" / "cli" / "dev" / "example.toml").read_text()
            (there / "presignd.toml").write_text(example + grants)
        command = [PRESIGND, "dev", "--listen", "127.0.0.1:0", "--dir", "there"]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(command, cwd=folder, text=True, **pipes) as process:
            try:
                yield address(process.stdout), Path(folder)
            finally:
                process.send_signal(signal.SIGTERM)


def address(lines):
    for line in lines:
        found = re.match(r"\s*service\s+(http://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("presignd dev ended without a word of where it is")
