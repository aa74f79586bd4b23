"""The dependency tree is what `deny.toml` allows."""

import unittest

from place import ROOT, ran


class Dependencies(unittest.TestCase):
    def test_licences_bans_and_sources_hold(self):
        deny = ["cargo", "deny", "--locked", "--workspace", "--color", "never"]
        code, said = ran(*deny, "check", "bans", "licenses", "sources", cwd=ROOT)
        self.assertEqual(code, 0, said)
        self.assertNotIn("warning", said, "an entry of deny.toml that nothing needs")
