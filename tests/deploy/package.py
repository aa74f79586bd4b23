"""The files of a release: what `deploy/release` makes, and the Debian package on a Debian of its own."""

import contextlib
import functools
import gzip
import hashlib
import json
import os
import re
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from containers import DOCKERFILE, static_binary, status
from place import DEPLOY, ROOT, TARGET, TOOLS, ran
from service import CREDENTIALS, SECRET, ended, eventually, lines

FILES = TARGET / "release-files"
CONFIGURATION = "/etc/presignd/presignd.toml"
CONFFILES = {CONFIGURATION, "/etc/logrotate.d/presignd"}

# What is linked in beside crates.
LINKED = {"pkg:generic/glibc", "pkg:generic/rust-std"}

# What lintian finds and stays, each with its reason.
JUSTIFIED = {
    "empty-field": "cargo-deb writes that there is no dependency",
    "initial-upload-closes-no-bugs": "it is not uploaded to Debian",
    "shared-library-lacks-prerequisites": "the C library is linked in",
}


@functools.cache
def release():
    """The release of a static binary that is quick to build; gives the path of its package."""
    static_binary()
    code, said = ran(DEPLOY / "release", "--profile", "dev", "--no-build", cwd=ROOT, timeout=600)
    assert code == 0, said
    [package] = FILES.glob("presignd_*.deb")
    return package


class Release(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = release()

    def test_it_builds_what_the_image_does(self):
        flags = re.search(r'RUSTFLAGS="([^"]+)"', DOCKERFILE.read_text())[1]
        script = (DEPLOY / "release").read_text()
        self.assertIn(f'RUSTFLAGS = "{flags}"', script)
        self.assertIn('default="dist"', script)

    def test_the_checksums_are_of_every_other_file(self):
        listed = dict(reversed(line.split()) for line in (FILES / "SHA256SUMS").read_text().splitlines())
        others = [path for path in FILES.iterdir() if path.name != "SHA256SUMS"]
        self.assertEqual(listed, {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in others})
        self.assertEqual(len(listed), 3, listed)

    def test_the_archive_has_the_binary_and_what_goes_with_it(self):
        [path] = FILES.glob("*.tar.gz")
        with tarfile.open(path) as archive:
            modes = {entry.name.partition("/")[2]: oct(entry.mode) for entry in archive}
        pages = {f"presignd-{command}.1.gz" for command in commands()} | {"presignd.1.gz"}
        completions = {f"completions.{shell}" for shell in ("bash", "fish", "zsh")}
        texts = {"README.md", "LICENSE-APACHE", "LICENSE-MIT", "third-party-licences.gz"}
        self.assertEqual(modes.pop("presignd"), "0o755")
        self.assertEqual(modes, dict.fromkeys(pages | completions | texts, "0o644"))

    def test_the_sbom_is_cyclonedx_of_what_the_binary_contains(self):
        [path] = FILES.glob("*.cdx.json")
        self.assertIsNone(JsonStrictValidator(SchemaVersion.V1_6).validate_str(path.read_text()))
        sbom = json.loads(path.read_text())
        self.assertEqual(sbom["metadata"]["component"]["name"], "presignd")
        purls = {each["purl"] for each in sbom["components"]}
        listed = {tuple(purl.partition("/")[2].replace("%2B", "+").split("@")) for purl in purls if ":cargo/" in purl}
        self.assertEqual(listed, crates())
        self.assertEqual({purl.partition("@")[0] for purl in purls if ":cargo/" not in purl}, LINKED)
        self.assertFalse({"s3s", "proptest", "clap_mangen"} & {name for name, _ in listed})
        edges = {each["ref"].partition("@")[0]: each["dependsOn"] for each in sbom["dependencies"]}
        self.assertEqual(len(edges["pkg:cargo/presignd"]), len(crates("--depth", "1")), "what Cargo.toml names")

    def test_every_crate_in_the_binary_has_its_licence_with_it(self):
        text = gzip.decompress(contents(self.package, "./usr/share/doc/presignd/third-party-licences.gz")).decode()
        named = set(re.findall(r"(?m)^(\S+) (\S+): \S", text))
        self.assertEqual(named, crates())
        self.assertIn("Permission is hereby granted", text)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.package = release()

    def test_its_fields_are_right_and_a_static_binary_depends_on_nothing(self):
        said = subprocess.check_output(["dpkg-deb", "--field", self.package], text=True)
        fields = dict(re.findall(r"(?m)^([\w-]+): (.+)$", said))
        architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
        self.assertEqual((fields["Package"], fields["Architecture"]), ("presignd", architecture))
        self.assertRegex(fields["Version"], r"^\d+\.\d+\.\d+-1$")
        self.assertFalse({"Depends", "Pre-Depends", "Recommends"} & fields.keys(), said)

    def test_it_brings_these_files_and_all_are_roots(self):
        listed = subprocess.check_output(["dpkg-deb", "--contents", self.package], text=True).splitlines()
        files = {}
        for line in listed:
            mode, owner, _, _, _, name = line.split(maxsplit=5)
            self.assertIn(owner, ("0/0", "root/root"), line)
            if mode[0] == "d":
                self.assertEqual(mode, "drwxr-xr-x", line)
            else:
                files[name[1:]] = mode
        pages = {f"/usr/share/man/man1/presignd{name}.1.gz" for name in ["", *(f"-{each}" for each in commands())]}
        papers = {"changelog.gz", "changelog.Debian.gz", "copyright", "third-party-licences.gz"}
        completions = {"bash-completion/completions/presignd", "fish/vendor_completions.d/presignd.fish"}
        shared = papers_in("doc/presignd", papers) | papers_in("", completions | {"zsh/vendor-completions/_presignd"})
        unit = {"/usr/lib/systemd/system/presignd.service"}
        self.assertEqual(files.pop("/usr/bin/presignd"), "-rwxr-xr-x")
        self.assertEqual(files, dict.fromkeys(pages | shared | unit | CONFFILES, "-rw-r--r--"))

    def test_the_shell_completes_a_command_by_its_script(self):
        script = contents(self.package, "./usr/share/bash-completion/completions/presignd").decode()
        ask = 'COMP_WORDS=(presignd che) COMP_CWORD=1; _presignd presignd che presignd; echo "${COMPREPLY[*]}"'
        code, said = ran("bash", "-c", f"{script}\n{ask}")
        self.assertEqual((code, said), (0, "check\n"))


class Machine(unittest.TestCase):
    """A Debian without systemd at work, in a root of its own."""

    def setUp(self):
        folder = tempfile.mkdtemp(dir=TOOLS)
        self.addCleanup(as_root, "rm", "-rf", folder)
        self.root = Path(folder) / "root"
        as_root("cp", "--archive", "--reflink=auto", TOOLS / "machine", self.root)
        as_root("cp", release(), self.root / "presignd.deb")

    def inside(self, *command, code=0):
        around = ["env", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
        got, said = ran(*SUDO, "chroot", self.root, *around, *command)
        self.assertEqual(got, code, said)
        return said

    def test_the_package_is_installed_works_and_goes_without_a_trace(self):
        self.inside("mkdir", "/var/log/private")  # systemd's, which opens it to the service alone
        before = self.files()
        self.inside("dpkg", "--install", "presignd.deb")
        self.assertIn("(test)", self.inside("presignd", "--version"))
        self.inside("presignd", "check", "--config", CONFIGURATION)
        wanted = "/etc/systemd/system/multi-user.target.wants/presignd.service"
        self.assertFalse(self.there(wanted), "it is not started")
        secrets = (self.root / "etc/presignd/secrets").stat()
        self.assertEqual((secrets.st_mode & 0o777, secrets.st_uid), (0o700, 0))
        self.inside("logrotate", "--debug", "/etc/logrotate.d/presignd")
        for page in ("presignd", *(f"presignd-{command}" for command in commands())):
            self.assertIn("SYNOPSIS", self.inside("man", page))
        self.serves()
        self.keeps_a_changed_configuration_when_installed_anew()
        self.inside("dpkg", "--remove", "presignd")
        self.assertFalse(self.there("/usr/bin/presignd"))
        self.assertTrue(self.there(CONFIGURATION))
        self.assertTrue(self.there("/var/log/presignd/audit.jsonl"))
        self.inside("dpkg", "--purge", "presignd")
        self.assertEqual(self.files() - before, set())
        self.assertEqual(before - self.files(), set())

    def test_a_purge_leaves_secrets_that_somebody_put_there(self):
        self.inside("dpkg", "--install", "presignd.deb")
        self.inside("sh", "-c", "echo mine > /etc/presignd/secrets/jwt-secret")
        self.inside("dpkg", "--purge", "presignd")
        self.assertTrue(self.there("/etc/presignd/secrets/jwt-secret"))
        self.assertFalse(self.there(CONFIGURATION))

    def test_lintian_finds_nothing_but_what_is_justified(self):
        said = self.inside("lintian", "--allow-root", "--fail-on", "none", "presignd.deb")
        found = set(re.findall(r"(?m)^[EW]: presignd: (\S+)", said))
        self.assertEqual(found, JUSTIFIED.keys(), said)

    def serves(self):
        """As systemd would have it: secrets handed over, a folder for the log, a user without rights."""
        credentials = "/run/credentials/presignd.service"
        self.inside("sh", "-c", f"mkdir -p {credentials} /var/log/private/presignd && ln -s private/presignd /var/log")
        for name, text in (("jwt-secret", SECRET.decode()), ("aws-credentials.json", json.dumps(CREDENTIALS))):
            self.inside("sh", "-c", f"echo '{text}' > {credentials}/{name}")
        self.inside("chown", "-R", "nobody", credentials, "/var/log/private/presignd")
        free = 's/^\\[server\\]$/&\\nlisten = "127.0.0.1:0"\\nadmin_listen = "127.0.0.1:0"/'
        self.inside("sed", "-i", free, CONFIGURATION)
        log = self.root.parent / "log"
        with open(log, "wb") as stderr:
            user = ["chroot", "--userspec=nobody:nogroup", self.root]
            serve = ["presignd", "serve", "--config", CONFIGURATION]
            process = subprocess.Popen([*SUDO, *user, *serve], stdout=subprocess.DEVNULL, stderr=stderr)
        with contextlib.ExitStack() as stack:
            stack.callback(ended, process)
            listening = lambda: next((line["address"] for line in lines(log) if line.get("listener") == "admin"), None)
            admin = eventually("it listens", listening)
            eventually("it is ready", lambda: status(f"http://{admin}/readyz") == 200)
        self.assertEqual(process.returncode, 0)
        self.inside("rm", "-r", "/run/credentials")

    def keeps_a_changed_configuration_when_installed_anew(self):
        changed = (self.root / CONFIGURATION[1:]).read_text()
        self.inside("dpkg", "--install", "presignd.deb")
        self.assertEqual((self.root / CONFIGURATION[1:]).read_text(), changed)
        self.assertIn("admin_listen", changed)

    def files(self):
        """All but what dpkg and man write of themselves."""
        own = ("var/lib/dpkg", "var/log/dpkg.log", "var/cache", "presignd.deb")
        listed = subprocess.check_output([*SUDO, "find", self.root, "-printf", "%P\\n"], text=True).splitlines()
        return {path for path in listed if not path.startswith(own)}

    def there(self, path):
        return os.path.lexists(self.root / path[1:])


class Source(unittest.TestCase):
    def test_without_a_repository_the_commit_is_unknown(self):
        """As in an archive of the source, though it were unpacked inside another repository."""
        with tempfile.TemporaryDirectory() as folder:
            main = Path(folder) / "main.rs"
            main.write_text(f'#[path = "{ROOT}/build/commit.rs"]\nmod commit;\nfn main() {{ commit::tell() }}\n')
            code, said = ran("rustc", "--edition", "2024", main, "-o", f"{folder}/build")
            self.assertEqual(code, 0, said)
            unpacked = Path(folder) / "repository" / "presignd"
            unpacked.mkdir(parents=True)
            ran("git", "init", unpacked.parent)
            given = {name: value for name, value in os.environ.items() if name != "PRESIGND_COMMIT"}
            commit = "cargo:rustc-env=PRESIGND_COMMIT="
            for told, expected in ((None, "unknown"), ("", "unknown"), ("abc", "abc")):
                env = given if told is None else given | {"PRESIGND_COMMIT": told}
                code, said = ran(f"{folder}/build", cwd=unpacked, env=env)
                self.assertEqual(code, 0, said)
                self.assertEqual(said.splitlines()[-1], commit + expected)


SUDO = [] if os.geteuid() == 0 else ["sudo"]


def commands(*above):
    """The binary's own, as it lists them, and those below each: `audit`, `audit-join`."""
    code, said = ran(static_binary(), *above, "--help")
    assert code == 0, said
    listed = said.partition("Commands:")[2].partition("\nOptions:")[0]
    paths = [(*above, name) for name in re.findall(r"(?m)^  ([a-z][a-z-]*) ", listed) if name != "help"]
    return {"-".join(path) for path in paths}.union(*(commands(*path) for path in paths))


def as_root(*command):
    code, said = ran(*SUDO, *command)
    assert code == 0, said


def contents(package, name):
    """The bytes of a file in the package."""
    archive = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE, check=True).stdout
    return subprocess.run(["tar", "-xO", name], input=archive, stdout=subprocess.PIPE, check=True).stdout


def papers_in(folder, names):
    return {os.path.normpath(f"/usr/share/{folder}/{name}") for name in names}


def crates(*options):
    """What the binary is made of, as cargo says."""
    host = subprocess.check_output(["rustc", "--print", "host-tuple"], text=True).strip()
    tree = ["cargo", "tree", "--locked", "--no-default-features", "--features", "aws", "--target", host]
    listed = subprocess.check_output([*tree, "--edges", "normal,no-proc-macro", "--prefix", "none", *options], cwd=ROOT, text=True)
    found = {tuple(line.split()[:2]) for line in listed.splitlines() if line}
    return {(name, version.removeprefix("v")) for name, version in found if name != "presignd"}

