"""The image, the compose file and the manifests: by the tools made for them, and the image at work."""

import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import tempfile
import threading
import time
import tomllib
import unittest
import urllib.error
from pathlib import Path

import yaml

from place import DEPLOY, PRESIGND, ROOT, TARGET, TOOLS, ran
from service import CREDENTIALS, KEYS, eventually, fetch

DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
COMPOSE = DEPLOY / "docker" / "compose.yaml"
MANIFESTS = DEPLOY / "kubernetes"


class Compose(unittest.TestCase):
    def test_podman_compose_takes_the_file(self):
        code, said = ran("podman-compose", "-f", COMPOSE, "config")
        self.assertEqual(code, 0, said)

    def test_presignd_can_start_anew_without_the_proxy_that_owns_the_network(self):
        services = yaml.safe_load(COMPOSE.read_text())["services"]
        self.assertEqual(services["presignd"]["network_mode"], "service:caddy")
        self.assertEqual(services["caddy"]["ports"], ["80:80", "443:443"])
        self.assertFalse("ports" in services["presignd"] or "network_mode" in services["caddy"])

    def test_its_paths_are_those_of_its_configuration(self):
        compose, configuration = yaml.safe_load(COMPOSE.read_text()), settings(DEPLOY / "docker")
        handed_over = {f"/run/secrets/{name}" for name in compose["services"]["presignd"]["secrets"]}
        used = {configuration["issuers"][0]["hmac_secret_file"], configuration["credentials"]["main"]["path"]}
        self.assertEqual(handed_over, used)
        self.assertEqual(configuration["server"]["listen"], "127.0.0.1:8080", "where the Caddyfile looks")
        for service in compose["services"].values():
            for volume in service["volumes"]:
                outside = volume.split(":")[0]
                self.assertTrue(not outside.startswith(".") or (COMPOSE.parent / outside).exists(), outside)
        build = compose["services"]["presignd"]["build"]
        self.assertTrue((COMPOSE.parent / build["context"] / build["dockerfile"]).samefile(DOCKERFILE))

    def test_presignd_takes_the_configuration(self):
        takes(self, DEPLOY / "docker" / "presignd.toml")


class Kubernetes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        code, cls.said = ran("kubectl", "kustomize", MANIFESTS)
        assert code == 0, cls.said
        cls.objects = {each["kind"]: each for each in yaml.safe_load_all(cls.said)}
        cls.pod = cls.objects["Deployment"]["spec"]["template"]["spec"]
        cls.container = cls.pod["containers"][0]

    def test_a_schema_validator_takes_every_manifest(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(self.said)
            file.flush()
            code, said = ran("kubernetes-validate", "--strict", file.name)
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count(" passed for resource "), len(list(MANIFESTS.glob("[!k]*.yaml"))) + 1, said)

    def test_the_pod_is_what_the_namespace_demands(self):
        """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
        labels = self.objects["Namespace"]["metadata"]["labels"]
        self.assertEqual(labels["pod-security.kubernetes.io/enforce"], "restricted")
        pod, container = self.pod["securityContext"], self.container["securityContext"]
        self.assertTrue(pod["runAsNonRoot"] and pod["runAsUser"])
        self.assertEqual(pod["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(container["allowPrivilegeEscalation"], False)
        self.assertIs(container["readOnlyRootFilesystem"], True)
        self.assertEqual(container["capabilities"], {"drop": ["ALL"]})
        self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & self.pod.keys())

    def test_every_selector_finds_the_pod(self):
        pod = self.objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
        spec = lambda kind: self.objects[kind]["spec"]
        selectors = {
            "Deployment": spec("Deployment")["selector"]["matchLabels"],
            "NetworkPolicy": spec("NetworkPolicy")["podSelector"]["matchLabels"],
            "PodDisruptionBudget": spec("PodDisruptionBudget")["selector"]["matchLabels"],
            "Service": spec("Service")["selector"],
        }
        for kind, selector in selectors.items():
            self.assertTrue(selector and selector.items() <= pod.items(), kind)
        self.assertEqual(spec("HorizontalPodAutoscaler")["scaleTargetRef"]["name"], "presignd")

    def test_ports_and_probes_are_the_configurations(self):
        server = settings(MANIFESTS)["server"]
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        listeners = {"http": server["listen"], "admin": server["admin_listen"]}
        self.assertEqual({name: f"0.0.0.0:{port}" for name, port in ports.items()}, listeners)
        probes = {name: self.container[f"{name}Probe"]["httpGet"] for name in ("liveness", "readiness")}
        self.assertEqual(probes["liveness"], {"path": "/livez", "port": "admin"})
        self.assertEqual(probes["readiness"], {"path": "/readyz", "port": "admin"})
        [outside] = self.objects["Service"]["spec"]["ports"]
        self.assertEqual(outside["targetPort"], "http", "the admin listener is not behind the service")
        sleeps = self.container["lifecycle"]["preStop"]["sleep"]["seconds"]
        self.assertGreater(self.pod["terminationGracePeriodSeconds"], sleeps + 10, "the default of server.drain")

    def test_secrets_come_by_reference(self):
        self.assertNotIn("Secret", self.objects)
        mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        credentials = Path(settings(MANIFESTS)["credentials"]["main"]["path"])
        self.assertEqual(str(credentials.parent), mounts["credentials"])
        self.assertIn(f"--from-file={credentials.name}", (MANIFESTS / "kustomization.yaml").read_text())
        self.assertEqual(self.container["args"][-1], f"{mounts['configuration']}/presignd.toml")

    def test_presignd_takes_the_configuration(self):
        takes(self, MANIFESTS / "presignd.toml")


class Image(unittest.TestCase):
    def test_hadolint_takes_the_dockerfile(self):
        code, said = ran("hadolint", DOCKERFILE)
        self.assertEqual((code, said), (0, ""))

    def test_the_dockerfile_builds_what_cargo_knows(self):
        cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())
        self.assertIn("dist", cargo["profile"])
        text = DOCKERFILE.read_text()
        self.assertIn("cargo build --locked --profile dist --no-default-features --features aws ", text)
        least = tuple(map(int, cargo["package"]["rust-version"].split(".")))
        self.assertGreaterEqual(tuple(map(int, re.search(r"FROM docker.io/library/rust:([\d.]+)-", text)[1].split("."))), least)

    def test_the_image_runs_without_rights_answers_its_probes_and_stops_at_once(self):
        """The last stage as it stands, around a quicker build of the same static binary."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        place = Path(folder.name)
        store = ["--root", place / "root", "--runroot", place / "run", "--storage-driver", "vfs"]
        self.addCleanup(ran, "podman", *store, "rm", "--all", "--force", "--time", "0")
        context = in_place_of_the_first_stage(place / "context", static_binary())
        build = ["--isolation", "chroot", "--tag", "presignd", context]
        code, said = ran("buildah", *store, "build", *build)
        self.assertEqual(code, 0, said)
        with key_set() as jwks_uri:
            (place / "etc").mkdir()
            (place / "etc" / "presignd.toml").write_text(configuration(jwks_uri))
            (place / "etc" / "credentials.json").write_text(json.dumps(CREDENTIALS))
            options = ["--runtime", "runc", "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
            sealed = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pull", "never"]
            # within what a machine allows that runs these tests in a container itself
            bounds = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
            mount = ["--volume", f"{place}/etc:/etc/presignd:ro"]
            log = ["--log-driver", "k8s-file", "--log-opt", f"path={place}/log"]
            run = ["--detach", "--name", "it", "--network", "host", *sealed, *bounds, *mount, *log, "presignd"]
            code, said = ran("podman", *store, *options, "run", *run)
            self.assertEqual(code, 0, said)
            admin = eventually("it listens", lambda: listening(place / "log"))
            eventually("it is ready", lambda: status(f"http://{admin}/readyz") == 200)
            self.assertEqual(status(f"http://{admin}/livez"), 200)
            _, pid = ran("podman", *store, "inspect", "--format", "{{.State.Pid}}", "it")
            self.has_no_rights(Path("/proc") / pid.strip())
            began = time.monotonic()
            code, said = ran("podman", *store, *options, "stop", "--time", "20", "it")
            self.assertEqual(code, 0, said)
            self.assertLess(time.monotonic() - began, 10)
            _, code = ran("podman", *store, "inspect", "--format", "{{.State.ExitCode}}", "it")
            self.assertEqual(code.strip(), "0")

    def has_no_rights(self, process):
        standing = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
        self.assertEqual(standing["Uid"].split(), ["65532"] * 4)
        self.assertEqual({int(standing[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")}, {0})
        self.assertEqual(standing["NoNewPrivs"], "1")
        mounts = [line.split() for line in (process / "mountinfo").read_text().splitlines()]
        [root] = [mount for mount in mounts if mount[4] == "/"]
        self.assertIn("ro", root[5].split(","))


@functools.cache
def static_binary():
    """presignd from what .dockerignore lets through, by the Dockerfile's flags, but in a profile that is quick."""
    source = TOOLS / "source"
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir()
    for name in re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text()):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    flags = re.search(r'RUSTFLAGS="([^"]+)"', DOCKERFILE.read_text())[1]
    target = ran("rustc", "--print", "host-tuple")[1].strip()
    code, said = ran(
        "cargo", "build", "--locked", "--no-default-features", "--features", "aws", "--target", target,
        cwd=source, env=os.environ | {"RUSTFLAGS": flags, "PRESIGND_COMMIT": "test"}, timeout=1200,
    )  # fmt: skip
    assert code == 0, said
    return TARGET / target / "debug" / "presignd"


def in_place_of_the_first_stage(context, binary):
    """A build whose first stage has what the Dockerfile's would have made, and whose last one is the Dockerfile's."""
    (context / "out").mkdir(parents=True)
    shutil.copy(binary, context / "out")
    (context / "ca-certificates.crt").write_text("")
    last = DOCKERFILE.read_text().partition("\nFROM scratch\n")
    assert last[2], "the last stage is FROM scratch"
    first = "FROM scratch AS build\nCOPY out /out\nCOPY ca-certificates.crt /etc/ssl/certs/\n"
    (context / "Dockerfile").write_text(first + "".join(last[1:]))
    return context


def configuration(jwks_uri):
    """By the name of a host, so that what is linked in must find its address."""
    return f"""
        [server]
        listen = "127.0.0.1:0"
        admin_listen = "127.0.0.1:0"
        [[issuers]]
        issuer = "https://idp.example.com"
        audiences = ["presignd"]
        jwks_uri = "{jwks_uri}"
        [credentials.main]
        provider = "file"
        path = "credentials.json"
        [buckets.media]
        bucket = "acme-media"
        region = "eu-west-1"
        [[grants]]
        name = "all"
        bucket = "media"
        prefix = ""
        actions = ["read"]
    """


@contextlib.contextmanager
def key_set():
    """A key set at a port of loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(KEYS).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_address[1]}/jwks.json"
        server.shutdown()


def listening(log):
    """The admin listener's address, in a log whose lines podman begins with time, stream and a flag."""
    if not log.exists():
        return None
    told = [json.loads(line.split(" ", 3)[3]) for line in log.read_text().splitlines() if " stderr F {" in line]
    return next((line["address"] for line in told if line.get("listener") == "admin"), None)


def status(url):
    try:
        fetch(url)
    except urllib.error.HTTPError as refused:
        return refused.code
    return 200


def settings(folder):
    return tomllib.loads((folder / "presignd.toml").read_text())


def takes(test, path, expected="(?!)"):
    """`check` takes it, and warns of nothing but what is elsewhere, listeners that others bound, and the expected."""
    code, said = ran(PRESIGND, "check", "--config", path)
    test.assertEqual(code, 0, said)
    for line in said.splitlines():
        if "warning: " in line:
            test.assertRegex(line, f"cannot be read|speaks plain HTTP beyond loopback|{expected}")
