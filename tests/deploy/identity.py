"""Dex, as far as the demonstration asks it: a password for a token, and the keys that the token is signed with.

It stands in for the image that `deploy/docker/compose.demo.yaml` names: it reads the same configuration and makes
tokens of the same form, by what `server/` of https://github.com/dexidp/dex says."""

import base64
import contextlib
import hashlib
import http.server
import json
import secrets
import threading
import time
import urllib.parse

from place import ran, sent

KEY_ID = "6a1f6f0c2b8e4c5d9e7f3a2b1c0d9e8f7a6b5c4d"


@contextlib.contextmanager
def dex(configuration, place):
    """The provider at work on a port of loopback, with a key of its own in a folder; gives its address."""
    key = place / "signing.pem"
    code, said = ran("openssl", "genrsa", "-out", key, "2048")
    assert code == 0, said

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(*((200, {"keys": [public(key)]}) if self.path == "/dex/keys" else (404, {})))

        def do_POST(self):
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: value for name, [value] in urllib.parse.parse_qs(form).items()}
            client = base64.b64decode(self.headers.get("Authorization", "Basic ").split(" ")[1]).decode()
            self.answer(*(token(configuration, key, client, asked) if self.path == "/dex/token" else (404, {})))

        def answer(self, status, body):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body, separators=(",", ":")).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def token(configuration, key, client, asked):
    """What the token endpoint answers: the status, and the body."""
    clients = {f"{each['id']}:{each['secret']}": each for each in configuration["staticClients"]}
    if client not in clients:
        return 401, {"error": "invalid_client", "error_description": "Invalid client credentials."}
    if (asked.get("grant_type"), configuration["oauth2"]["passwordConnector"]) != ("password", "local"):
        return 400, {"error": "unsupported_grant_type"}
    scopes = asked.get("scope", "").split()
    if "openid" not in scopes or set(scopes) - {"openid", "groups", "email", "profile", "offline_access"}:
        return 400, {"error": "invalid_request"}
    user = next((each for each in configuration["staticPasswords"] if each["email"] == asked.get("username")), None)
    if user is None or not opens(user["hash"], asked.get("password", "")):
        return 401, {"error": "access_denied", "error_description": "Invalid username or password"}
    access = signed(key, claims(configuration, clients[client], user, scopes, secrets.token_hex(12)))
    identity = signed(key, claims(configuration, clients[client], user, scopes, access))
    return 200, {"access_token": access, "token_type": "bearer", "expires_in": 3599, "id_token": identity}


def claims(configuration, client, user, scopes, hashed):
    """An access token has the claims of an identity token, and its form."""
    now = int(time.time())
    told = {"iss": configuration["issuer"], "sub": subject(user["userID"], "local"), "aud": client["id"]}
    told |= {"exp": now + 3600, "iat": now, "at_hash": text(hashlib.sha256(hashed.encode()).digest()[:16])}
    return told | ({"groups": user["groups"]} if "groups" in scopes and "groups" in user else {})


def subject(user, connector):
    """A protobuf message of two strings, the user's id and the connector's."""
    parts = (user.encode(), connector.encode())
    return text(b"".join(bytes([number << 3 | 2, len(part)]) + part for number, part in enumerate(parts, start=1)))


def signed(key, told):
    """RS256, with a header that has no typ."""
    header = {"alg": "RS256", "kid": KEY_ID}
    message = ".".join(text(json.dumps(each, separators=(",", ":")).encode()) for each in (header, told))
    return f"{message}.{text(sent(message.encode(), 'openssl', 'dgst', '-sha256', '-sign', key))}"


def public(key):
    modulus = ran("openssl", "rsa", "-in", key, "-noout", "-modulus")[1].strip().partition("=")[2]
    return {"use": "sig", "kty": "RSA", "kid": KEY_ID, "alg": "RS256", "n": text(bytes.fromhex(modulus)), "e": "AQAB"}


def opens(hashed, password):
    """Whether it is the password of a bcrypt hash, by the C library's crypt(3)."""
    code, made = ran("perl", "-e", "print crypt($ARGV[0], $ARGV[1])", password, hashed)
    return code == 0 and made == hashed


def text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
