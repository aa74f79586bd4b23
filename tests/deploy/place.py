"""Where things are, and how the tests run a tool."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
TARGET = pathlib.Path(os.environ["CARGO_TARGET_DIR"])
PRESIGND = TARGET / "debug" / "presignd"
TOOLS = TARGET / "deploy-tools"


def ran(*command, **around):
    """The outcome of a command: its exit code, and all that it said."""
    around.setdefault("env", os.environ | {"PATH": path()})
    around.setdefault("timeout", 300)
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **around
    )
    return done.returncode, done.stdout


def sent(given, *command):
    """What a command makes of what it is given."""
    command = [str(word) for word in command]
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stdout


def certificate(folder):
    """A certificate, its key, and who issued it: itself."""
    names = ["-keyout", folder / "tls.key", "-out", folder / "tls.crt", "-subj", "/CN=localhost"]
    code, said = ran("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *names)
    assert code == 0, said
    (folder / "ca.crt").write_bytes((folder / "tls.crt").read_bytes())


def path():
    """The tools that were fetched for these tests come first."""
    own = [TOOLS / "python" / "bin", TOOLS / "cargo" / "bin", TOOLS / "debian" / "usr" / "bin", TOOLS / "debian" / "usr" / "sbin"]
    return os.pathsep.join([*map(str, own), os.environ["PATH"]])
