"""A presignd at work, and a Prometheus that looks at it, for the time of a test."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from place import PRESIGND, path

SECRET = b"a secret of thirty-two bytes, or more"

CREDENTIALS = {"Version": 1, "AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "example"}

# The public key of RFC 7517, appendix A.1.
KEYS = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
            "use": "sig",
            "kid": "1",
        }
    ]
}

CONFIGURATION = """
[server]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1/32"]
[[issuers]]
name = "app"
issuer = "https://app.example.com"
audiences = ["presignd"]
hmac_secret_file = "secret"
[[issuers]]
name = "corp"
issuer = "https://idp.example.com"
audiences = ["presignd"]
jwks_file = "keys.json"
[credentials.main]
provider = "file"
path = "credentials.json"
[buckets.media]
bucket = "acme-media"
region = "eu-west-1"
[[grants]]
name = "own-folder"
issuers = ["app"]
bucket = "media"
prefix = "users/{sub}/"
actions = ["read", "write"]
[rate_limits]
per_subject = { rate = "1/h", burst = 10 }
[audit]
path = "audit.jsonl"
"""


class Service:
    """`presignd serve` on free ports of loopback."""

    def __enter__(self):
        self.around = contextlib.ExitStack()
        self.place = Path(self.around.enter_context(tempfile.TemporaryDirectory()))
        (self.place / "presignd.toml").write_text(CONFIGURATION)
        (self.place / "secret").write_bytes(SECRET)
        (self.place / "keys.json").write_text(json.dumps(KEYS))
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200))
        (self.place / "credentials.json").write_text(json.dumps(CREDENTIALS | {"Expiration": ends}))
        self.address, self.admin = self.around.enter_context(serving(self.place))
        return self

    def __exit__(self, *_):
        self.around.close()

    def work(self):
        """Issues, refuses, and goes over a limit."""
        for number in range(4):
            self.ask("users/42/a.png", sub="42")
            self.ask("users/43/a.png", sub="42")
            self.ask("users/42/a.png", sub="over", times=4)
            self.ask("users/42/a.png", sub="42", aud="elsewhere")

    def ask(self, key, times=1, **claims):
        headers = {"Authorization": f"Bearer {token(**claims)}", "Content-Type": "application/json"}
        body = question(key)
        for _ in range(times):
            with contextlib.suppress(urllib.error.HTTPError):
                fetch(urllib.request.Request(f"http://{self.address}/v1/presign", body, headers))

    def audited(self, request_id):
        """The audit line of a request."""
        written = lines(self.place / "audit.jsonl")
        return next((line for line in written if line["request_id"] == request_id), None)


@contextlib.contextmanager
def serving(place, **environment):
    """`presignd serve` on the configuration of a folder; gives where the service and the admin listener listen."""
    log = place / "log"
    command = [PRESIGND, "serve", "--config", place / "presignd.toml"]
    with open(log, "wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, env=os.environ | environment)
    try:
        said = lambda name: next((line["address"] for line in lines(log) if line.get("listener") == name), None)
        yield [eventually(f"the {name} listens", lambda: said(name)) for name in ("service", "admin")]
    finally:
        ended(process)


@contextlib.contextmanager
def prometheus(target, rules):
    """A Prometheus that scrapes this address each second; gives what asks it a query."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        job = f"scrape_configs: [{{job_name: presignd, static_configs: [{{targets: ['{target}']}}]}}]\n"
        every_second = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        (place / "prometheus.yml").write_text(f"{every_second}rule_files: ['{rules}']\n{job}")
        log = place / "log"
        options = ["--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={place}/data", "--log.format=json"]
        with open(log, "wb") as stderr:
            command = ["prometheus", f"--config.file={place}/prometheus.yml", *options]
            process = subprocess.Popen(command, stderr=stderr, env=os.environ | {"PATH": path()})
        try:
            port = eventually("Prometheus listens", lambda: port_of(process.pid))

            def query(expr):
                asked = urllib.parse.urlencode({"query": expr})
                answer = json.loads(fetch(f"http://127.0.0.1:{port}/api/v1/query?{asked}"))
                return answer["data"]["result"]

            eventually("a first scrape", lambda: quietly(lambda: query("presignd_build_info")))
            yield query
        finally:
            ended(process)


def port_of(pid):
    """The port that a process took; Prometheus logs the one that it was told, not the one that it got."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            return int(words[1].split(":")[1], 16)
    return None


def question(key):
    return json.dumps({"operation": "GetObject", "bucket": "media", "key": key}).encode()


def token(**claims):
    """A token of the issuer that shares a secret, good unless the claims say otherwise."""
    claims = {"iss": "https://app.example.com", "aud": "presignd", "exp": int(time.time()) + 300} | claims
    part = lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")
    signed = b".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (signed + b"." + part(hmac.digest(SECRET, signed, hashlib.sha256))).decode()


def fetch(request, context=None):
    # no proxy of the environment stands between a test and loopback
    handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
    with urllib.request.build_opener(*handlers).open(request, timeout=10) as answer:
        return answer.read()


def lines(log):
    """The whole JSON lines of a log that is being written."""
    whole = log.read_text().rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]


def quietly(ask):
    """What it gives, or nothing while nobody answers yet."""
    with contextlib.suppress(OSError):
        return ask()
    return None


def eventually(what, ask, within=60):
    """Waits until something true is given."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if given := ask():
            return given
        time.sleep(0.1)
    raise AssertionError(f"not within {within} s: {what}")


def ended(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
