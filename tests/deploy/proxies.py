"""The proxies' snippets, before a presignd: by their own checks, and by what comes through."""

import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from place import DEPLOY, path, ran
from service import Service, ended, eventually, fetch, question, quietly, token

CADDYFILE = DEPLOY / "caddy" / "Caddyfile"
NGINX = DEPLOY / "nginx" / "presignd.conf"


class Proxies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)

    def test_caddy_takes_its_file_and_would_write_it_so(self):
        code, said = ran("caddy", "validate", "--config", CADDYFILE, "--adapter", "caddyfile", env=self.home())
        self.assertEqual(code, 0, said)
        copy = shutil.copy(CADDYFILE, self.place)
        ran("caddy", "fmt", "--overwrite", copy, env=self.home())
        self.assertEqual(Path(copy).read_text(), CADDYFILE.read_text())

    def test_nginx_takes_its_file(self):
        code, said = ran("nginx", "-t", "-c", self.nginx("127.0.0.1:8080", free_port()))
        self.assertEqual(code, 0, said)
        self.assertNotIn("[warn]", said)

    def test_what_comes_through_nginx_is_a_callers_with_his_own_address(self):
        port = free_port()
        with Service() as service, running("nginx", "-c", self.nginx(service.address, port)):
            self.holds(service, f"https://127.0.0.1:{port}")
            log = (self.place / "access.log").read_text()
            self.assertIn('"POST /v1/presign" 200', log)
            self.assertNotRegex(log, r"eyJ|\?")

    def test_what_comes_through_caddy_is_a_callers_with_his_own_address(self):
        port, text = free_port(), CADDYFILE.read_text()
        with Service() as service:
            text = replaced(text, "uploads.example.com {", f"http://127.0.0.1:{port} {{")
            text = replaced(text, "reverse_proxy 127.0.0.1:8080", f"reverse_proxy {service.address}")
            here = self.place / "Caddyfile"
            here.write_text("{\n\tadmin off\n}\n" + text)
            log = self.place / "log"
            with running("caddy", "run", "--config", here, "--adapter", "caddyfile", env=self.home(), log=log):
                self.holds(service, f"http://127.0.0.1:{port}")
            self.assertIn('"uri":"/v1/presign"', log.read_text())
            self.assertNotIn("eyJ", log.read_text())

    def holds(self, service, at):
        """A URL comes through; an address that the caller makes up does not; a body too large is refused."""
        status, answer = eventually("the proxy answers", lambda: quietly(lambda: ask(at, "first")))
        self.assertEqual(status, 200, answer)
        self.assertIn("X-Amz-Signature=", json.loads(answer)["url"])
        self.assertEqual(service.audited("first")["client_address"], "127.0.0.1")
        status, answer = ask(at, "much", body=b" " * (4 << 20) + b" ")
        self.assertEqual((status, json.loads(answer)["code"]), (413, "body_too_large"))
        self.assertEqual(ask(at, "none", token="nonsense")[0], 401)

    def home(self):
        """Caddy keeps what it remembers under the home directory."""
        unset = {name: str(self.place) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        return os.environ | unset | {"PATH": path()}

    def nginx(self, upstream, port):
        """A whole configuration around the snippet, with this machine's paths and ports."""
        here, text = self.place, NGINX.read_text()
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        code, said = ran(*made, "-keyout", here / "key", "-out", here / "crt")
        self.assertEqual(code, 0, said)
        text = replaced(text, "/etc/nginx/tls/uploads.example.com.crt", str(here / "crt"))
        text = replaced(text, "/etc/nginx/tls/uploads.example.com.key", str(here / "key"))
        text = replaced(text, "/var/log/nginx/presignd.log", str(here / "access.log"))
        text = replaced(text, "listen [::]:443 ssl http2;\n", "\n")
        text = replaced(text, "listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        text = replaced(text, "server 127.0.0.1:8080;", f"server {upstream};")
        (here / "presignd.conf").write_text(text)
        folders = "".join(
            f"{kind}_temp_path {here}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        around = f"daemon off; master_process off; pid {here}/pid; error_log stderr; events {{}}"
        configuration = here / "nginx.conf"
        configuration.write_text(f"{around} http {{ {folders} include {here}/presignd.conf; }}")
        return configuration

    def test_the_proxies_limits_go_with_the_services(self):
        """The service's: request_timeout 5 s, idle_timeout 75 s, max_body 4 MiB."""
        nginx, caddy = NGINX.read_text(), CADDYFILE.read_text()
        seconds = lambda name, text: int(re.search(rf"\b{name}\s+(\d+)s", text)[1])
        for waits in (seconds("proxy_read_timeout", nginx), seconds("response_header_timeout", caddy)):
            self.assertGreater(waits, 5)
        for keeps in (seconds("keepalive_timeout", nginx), seconds("keepalive", caddy)):
            self.assertLess(keeps, 75)
        self.assertIn("client_max_body_size 5m;", nginx)
        self.assertIn("max_size 5MiB", caddy)


def ask(at, request_id, body=None, **given):
    headers = {
        "Authorization": f"Bearer {given.get('token') or token(sub='42')}",
        "Content-Type": "application/json",
        "X-Forwarded-For": "203.0.113.7",
        "X-Request-Id": request_id,
    }
    request = urllib.request.Request(f"{at}/v1/presign", body or question("users/42/a.png"), headers)
    try:
        return 200, fetch(request, ssl._create_unverified_context())
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def replaced(text, old, new):
    assert old in text, f"{old!r} is not in the snippet"
    return text.replace(old, new)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(*command, env=None, log=os.devnull):
    with open(log, "wb") as stderr:
        words = [str(word) for word in command]
        process = subprocess.Popen(words, stdout=stderr, stderr=stderr, env=env or os.environ | {"PATH": path()})
    try:
        yield
    finally:
        ended(process)
