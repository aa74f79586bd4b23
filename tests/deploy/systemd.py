"""The systemd unit, by systemd-analyze."""

import os
import re
import shutil
import tempfile
import tomllib
import unittest
from pathlib import Path

from place import DEPLOY, PRESIGND, certificate, ran

UNIT = DEPLOY / "systemd" / "presignd.service"
CONFIGURATION = DEPLOY / "systemd" / "presignd.toml"
TLS = DEPLOY / "systemd" / "tls.conf"


class Systemd(unittest.TestCase):
    def test_systemd_takes_the_unit_as_it_is(self):
        with tempfile.TemporaryDirectory() as folder:
            code, said = ran("systemd-analyze", "verify", "--man=no", f"--root={folder}", machine(Path(folder)))
        self.assertEqual((code, said), (0, ""))

    def test_the_unit_is_sealed(self):
        """The score is of ten; 2 and less is what few services reach."""
        command = ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=19", UNIT]
        code, said = ran(*command)
        score = re.search(r"exposure level for presignd\.service: ([\d.]+)", said)
        self.assertEqual(code, 0, said)
        self.assertLess(float(score[1]), 2, said)

    def test_systemd_takes_what_adds_tls(self):
        with tempfile.TemporaryDirectory() as folder:
            unit = machine(Path(folder))
            beside = unit.with_name("presignd.service.d")
            beside.mkdir()
            shutil.copy(TLS, beside)
            code, said = ran("systemd-analyze", "verify", "--man=no", f"--root={folder}", unit)
        self.assertEqual((code, said), (0, ""))

    def test_what_adds_tls_names_what_it_hands_over(self):
        text = TLS.read_text()
        handed_over = {f"/run/credentials/presignd.service/{name}" for name in re.findall(r"LoadCredential=([^:]+):", text)}
        variables = dict(re.findall(r"(?m)^Environment=(\w+)=(.+)$", text))
        listen = variables.pop("PRESIGND__SERVER__LISTEN")
        self.assertEqual(variables.keys(), {f"PRESIGND__SERVER__TLS__{name}" for name in ("CERTIFICATE", "PRIVATE_KEY")})
        self.assertEqual(set(variables.values()), handed_over)
        with tempfile.TemporaryDirectory() as folder:
            certificate(Path(folder))
            there = {"CERTIFICATE": "tls.crt", "PRIVATE_KEY": "tls.key"}
            given = {f"PRESIGND__SERVER__TLS__{name}": f"{folder}/{file}" for name, file in there.items()}
            given["PRESIGND__SERVER__LISTEN"] = listen
            code, said = ran(PRESIGND, "check", "--config", CONFIGURATION, env=os.environ | given)
        self.assertEqual(code, 0, said)
        self.assertNotIn("warning: listen speaks plain HTTP", said)

    def test_its_paths_are_those_of_its_configuration(self):
        unit, configuration = UNIT.read_text(), tomllib.loads(CONFIGURATION.read_text())
        names = re.findall(r"LoadCredential=([^:]+):", unit)
        handed_over = {f"/run/credentials/presignd.service/{name}" for name in names}
        used = {configuration["issuers"][0]["hmac_secret_file"], configuration["credentials"]["main"]["path"]}
        self.assertEqual(handed_over, used)
        self.assertIn("LogsDirectory=presignd\n", unit)
        self.assertEqual(configuration["audit"]["path"], "/var/log/presignd/audit.jsonl")
        self.assertIn("/var/log/presignd/audit.jsonl {", (DEPLOY / "systemd" / "presignd.logrotate").read_text())

    def test_it_waits_longer_than_a_drain(self):
        stop = int(re.search(r"TimeoutStopSec=(\d+)", UNIT.read_text())[1])
        self.assertGreater(stop, 10, "the default of server.drain")
        self.assertNotIn("drain", CONFIGURATION.read_text())

    def test_presignd_takes_the_configuration(self):
        code, said = ran(PRESIGND, "check", "--config", CONFIGURATION)
        self.assertEqual(code, 0, said)
        warnings = [line for line in said.splitlines() if "warning: " in line]
        # What systemd makes where the service runs.
        made = ("/run/credentials/", "/var/log/presignd ")
        self.assertTrue(all(any(place in line for place in made) for line in warnings), said)


def machine(root):
    """A root with the units of this machine and what the unit runs; gives the unit's path there."""
    shutil.copytree("/usr/lib/systemd/system", root / "usr/lib/systemd/system", symlinks=True)
    (root / "lib").symlink_to("usr/lib")
    for program in ("usr/bin/presignd", "bin/kill"):
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", root / program)
    there = root / "etc/systemd/system/presignd.service"
    there.parent.mkdir(parents=True)
    shutil.copy(UNIT, there)
    return there
