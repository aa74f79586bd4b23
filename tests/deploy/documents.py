"""What the documents say of the repository is so."""

import re
import unittest

from place import ROOT


class Documents(unittest.TestCase):
    def test_every_test_that_the_threat_model_names_is_there(self):
        named = 0
        for row in rows(ROOT / "SECURITY.md"):
            shown_by = row.split(" | ")[2].removesuffix("|").strip()
            known = ("shown by", "---", "nothing: ")
            self.assertTrue(shown_by.startswith(known) or re.search(r"_[a-z]+`", shown_by), f"no test: {row}")
            where = None
            for word in re.findall(r"`([^`]+)`", row):
                if re.fullmatch(r"(src|tests)/\S+\.(rs|py)", word):
                    where = ROOT / word
                    self.assertTrue(where.is_file(), f"{word} in: {row}")
                elif where and re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+){3,}", word):
                    self.assertRegex(where.read_text(), rf"\b(fn|def) {word}\b", row)
                    named += 1
        self.assertGreater(named, 30)

    def test_every_file_that_a_document_names_is_there(self):
        for document in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md"):
            text = (ROOT / document).read_text()
            for path in re.findall(r"`((?:src|tests|deploy|benches|fuzz)/[\w./-]*)`", text):
                self.assertTrue((ROOT / path).exists(), f"{path} in {document}")
            without_code = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
            for path in re.findall(r"\]\(((?!http|#)[^)#]+)", without_code):
                self.assertTrue(((ROOT / document).parent / path).exists(), f"{path} in {document}")

    def test_no_document_has_marks_of_a_merge(self):
        for document in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md"):
            self.assertNotRegex((ROOT / document).read_text(), r"(?m)^(<{7}|={7}|>{7})( |$)", document)

    def test_the_licences_that_cargo_names_are_there(self):
        self.assertIn('license = "MIT OR Apache-2.0"', (ROOT / "Cargo.toml").read_text())
        self.assertIn("Permission is hereby granted", (ROOT / "LICENSE-MIT").read_text())
        self.assertIn("Version 2.0, January 2004", (ROOT / "LICENSE-APACHE").read_text())


def rows(path):
    return [line for line in path.read_text().splitlines() if line.startswith("| ")]
