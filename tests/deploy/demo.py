"""The demonstration: its files agree, and its recipe works, with Dex played and at the store that the tests have."""

import os
import re
import tempfile
import tomllib
import unittest
import urllib.error
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

import yaml

from containers import settings, takes
from identity import dex, opens
from place import DEPLOY, ran
from service import eventually, fetch, serving

FOLDER = DEPLOY / "docker"
COMPOSE = FOLDER / "compose.demo.yaml"
DEMO = FOLDER / "demo"
RECIPE = DEPLOY / "README.md"


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = yaml.safe_load(COMPOSE.read_text())["services"]
        cls.dex = yaml.safe_load((DEMO / "dex.yaml").read_text())
        cls.garage = tomllib.loads((DEMO / "garage.toml").read_text())
        cls.presignd = settings(DEMO)

    def test_podman_compose_takes_the_file(self):
        code, said = ran("podman-compose", "-f", COMPOSE, "config")
        self.assertEqual(code, 0, said)

    def test_presignd_takes_the_configuration(self):
        expected = "without token_type|one identity reads and writes|the variable AWS_"
        takes(self, DEMO / "presignd.toml", expected)

    def test_what_is_mounted_is_there_and_every_image_says_its_version(self):
        for name, service in self.services.items():
            for volume in service["volumes"]:
                outside = volume.split(":")[0]
                self.assertTrue(not outside.startswith(".") or (FOLDER / outside).is_file(), outside)
            if "build" not in service:
                self.assertRegex(service["image"], r"^[a-z.]+\.[a-z]+/.+:v?\d+\.\d+\.\d+(-alpine)?$", name)

    def test_all_share_one_network_that_is_published_on_loopback_alone(self):
        for name, service in self.services.items():
            if name != "store":
                self.assertEqual((service["network_mode"], "ports" in service), ("service:store", False), name)
        published = dict(port.removeprefix("127.0.0.1:").split(":") for port in self.services["store"]["ports"])
        heard = {listen.rpartition(":")[2] for listen in self.listeners()}
        self.assertEqual(published, {port: port for port in heard})
        self.assertEqual({listen.rpartition(":")[0] for listen in self.listeners()}, {"0.0.0.0"})

    def listeners(self):
        server, store = self.presignd["server"], self.garage["s3_api"]
        return [server["listen"], server["admin_listen"], self.dex["web"]["http"], store["api_bind_addr"]]

    def test_presignd_believes_dex(self):
        [issuer] = self.presignd["issuers"]
        self.assertEqual(issuer["issuer"], self.dex["issuer"])
        self.assertEqual(issuer["jwks_uri"].replace("127.0.0.1", "localhost"), f"{self.dex['issuer']}/keys")
        self.assertEqual(issuer["audiences"], [client["id"] for client in self.dex["staticClients"]])
        health = self.services["identity"]["healthcheck"]["test"][-1]
        self.assertEqual(health.replace("127.0.0.1", "localhost"), f"{self.dex['issuer']}/healthz")

    def test_presignd_signs_for_the_bucket_that_garage_makes(self):
        store, signer = self.services["store"]["environment"], self.services["presignd"]["environment"]
        self.assertEqual(store["GARAGE_DEFAULT_ACCESS_KEY"], signer["AWS_ACCESS_KEY_ID"])
        self.assertEqual(store["GARAGE_DEFAULT_SECRET_KEY"], signer["AWS_SECRET_ACCESS_KEY"])
        bucket = self.presignd["buckets"]["media"]
        self.assertEqual(bucket["bucket"], store["GARAGE_DEFAULT_BUCKET"])
        self.assertEqual(bucket["region"], self.garage["s3_api"]["s3_region"])
        port = self.garage["s3_api"]["api_bind_addr"].rpartition(":")[2]
        self.assertEqual(bucket["endpoint"], f"http://localhost:{port}")
        command = self.services["cors"]["command"]
        self.assertIn(f"{signer['AWS_ACCESS_KEY_ID']}:{signer['AWS_SECRET_ACCESS_KEY']}", command)
        self.assertIn(f"aws:amz:{bucket['region']}:s3", command)
        self.assertEqual(command[-1], f"http://127.0.0.1:{port}/{bucket['bucket']}?cors=")

    def test_a_page_in_development_is_let_in_by_each_of_the_three(self):
        rules = ElementTree.parse(DEMO / "cors.xml").getroot()
        [origin] = [each.text for each in rules.iter() if each.tag.endswith("AllowedOrigin")]
        self.assertEqual(self.presignd["server"]["cors_origins"], [origin])
        self.assertEqual(self.dex["web"]["allowedOrigins"], [origin])
        [client] = self.dex["staticClients"]
        self.assertTrue(client["redirectURIs"][0].startswith(f"{origin}/"))

    def test_the_users_passwords_are_what_the_file_says(self):
        self.assertIn('the password of both is "password"', (DEMO / "dex.yaml").read_text())
        for user in self.dex["staticPasswords"]:
            self.assertTrue(opens(user["hash"], "password"), user["email"])
            self.assertFalse(opens(user["hash"], "passwort"), user["email"])


class Recipe(unittest.TestCase):
    def setUp(self):
        self.store = store()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)

    def test_what_the_readme_says_uploads_and_downloads(self):
        configuration = yaml.safe_load((DEMO / "dex.yaml").read_text())
        self.make_bucket()
        keys = {"AWS_ACCESS_KEY_ID": self.store["ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY": self.store["SECRET_KEY"]}
        with dex(configuration, self.place) as provider:
            (self.place / "presignd.toml").write_text(self.configuration(provider))
            with serving(self.place, **keys) as (service, admin):
                eventually("it is ready", lambda: self.ready(admin))
                at = {"localhost:5556": provider, "localhost:8080": service}
                self.assertEqual(self.follow(at), "hello\n")
                refused = self.follow(at, ("alice@example.com", "bob@example.com"), more='ask "$PUT"')
                self.assertIn('"code":"no_grant"', refused.replace(" ", ""))
                grants = self.follow(at, more=GRANTS)
                self.assertIn('"teams/editors/"', grants)
                self.assertRegex(grants, r'"users/C[\w-]+/"')

    def test_the_command_for_the_bucket_lets_the_page_in(self):
        self.make_bucket()
        code, said = ran(*self.at_the_store(), env=DIRECT)
        self.assertEqual(code, 0, said)
        for origin, let_in in (("http://localhost:5173", True), ("http://localhost:5174", False)):
            self.assertEqual(self.preflight(origin) == origin, let_in, origin)

    def configuration(self, provider):
        text = (DEMO / "presignd.toml").read_text()
        port = self.store["ENDPOINT"].rpartition(":")[2]
        for before, after in [
            ('"0.0.0.0:8080"', '"127.0.0.1:0"'),
            ('"0.0.0.0:9090"', '"127.0.0.1:0"'),
            ("http://127.0.0.1:5556/", f"http://{provider}/"),
            ("http://localhost:3900", f"http://localhost:{port}"),
            ('region = "garage"', f'region = "{self.store["REGION"]}"'),
        ]:
            self.assertEqual(text.count(before), 1, before)
            text = text.replace(before, after)
        return text

    def follow(self, at, instead=("hello", "hello"), more=""):
        """What the recipe's shell says when its parts are where the test has them."""
        [block] = re.findall(r"```sh\n(TOKEN=.*?)```", RECIPE.read_text(), re.S)
        script = f"cd {self.place}\n{block}\n{more}"
        for before, after in [*at.items(), instead]:
            self.assertIn(before, script)
            script = script.replace(before, after)
        return ran("bash", "-c", script, env=DIRECT)[1]

    def make_bucket(self):
        """One that is there already is as good."""
        curl, *command = self.at_the_store()
        document = command.index("--data-binary")
        del command[document : document + 2]
        ran(curl, *(word.replace("?cors=", "") for word in command if word != "--fail-with-body"), env=DIRECT)

    def at_the_store(self):
        """The compose file's command for the bucket, at the store of the tests."""
        service = yaml.safe_load(COMPOSE.read_text())["services"]["cors"]
        theirs = yaml.safe_load(COMPOSE.read_text())["services"]["store"]["environment"]
        keys = f"{self.store['ACCESS_KEY']}:{self.store['SECRET_KEY']}"
        here = {
            f"{theirs['GARAGE_DEFAULT_ACCESS_KEY']}:{theirs['GARAGE_DEFAULT_SECRET_KEY']}": keys,
            "http://127.0.0.1:3900/media?cors=": f"{self.store['ENDPOINT']}/media?cors=",
            "aws:amz:garage:s3": f"aws:amz:{self.store['REGION']}:s3",
            "@/etc/cors.xml": f"@{DEMO}/cors.xml",
        }
        self.assertLessEqual(here.keys(), set(service["command"]))
        return [*service["entrypoint"], *(here.get(word, word) for word in service["command"])]

    def preflight(self, origin):
        headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        asked = urllib.request.Request(f"{self.store['ENDPOINT']}/media/teams/a", method="OPTIONS", headers=headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=10) as answer:
                return answer.headers.get("Access-Control-Allow-Origin")
        except urllib.error.HTTPError:
            return None

    def ready(self, admin):
        try:
            return fetch(f"http://{admin}/readyz") is not None
        except urllib.error.HTTPError:
            return False


GRANTS = 'curl -sS http://localhost:8080/v1/grants -H "Authorization: Bearer $TOKEN"'

# no proxy of the environment stands between a test and loopback
DIRECT = os.environ | {"no_proxy": "*"}


def store():
    """The S3 store that tests/run starts, as it describes itself."""
    description = os.environ.get("PRESIGND_E2E_STORE")
    if description is None:
        assert "PRESIGND_E2E" not in os.environ, "PRESIGND_E2E is set, but PRESIGND_E2E_STORE is not"
        raise unittest.SkipTest("no store: tests/run starts one")
    return dict(line.split("=", 1) for line in Path(description).read_text().splitlines())
