"""The Helm chart: with its defaults it renders what kustomize makes, and each of its values does what it says."""

import contextlib
import os
import re
import tempfile
import tomllib
import unittest
from pathlib import Path

import helm_python as helm
import yaml

from containers import MANIFESTS, settings, takes
from place import DEPLOY, PRESIGND, ROOT, TARGET, certificate, ran

CHART = DEPLOY / "helm" / "presignd"

# What one or the other writes for itself: labels of Helm's, and what says that the configuration changed.
HELMS_OWN = {"app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"}
HELMS_OWN |= {"checksum/configuration"}

OWN_SERVICE_ACCOUNT = {"serviceAccount": {"create": False, "name": "uploads"}}
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/presignd"}
DIGEST = "sha256:" + "0" * 64


class Helm(unittest.TestCase):
    def test_lint_finds_nothing(self):
        told = helm.lint(CHART, strict=True, namespace="presignd")
        self.assertEqual(told["errors"], [])
        self.assertEqual({each["error"] for each in told["messages"]}, {"icon is recommended"})

    def test_its_version_is_the_programs(self):
        program = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
        with helm.Chart.load(CHART) as chart:
            self.assertEqual((chart.version, chart.metadata["appVersion"]), (program, program))
        tag = yaml.safe_load((MANIFESTS / "kustomization.yaml").read_text())["images"][0]["newTag"]
        self.assertEqual(tag, program)

    def test_with_its_defaults_it_renders_what_kustomize_makes(self):
        code, said = ran("kubectl", "kustomize", MANIFESTS)
        self.assertEqual(code, 0, said)
        made = {each["kind"]: alike(each) for each in yaml.safe_load_all(said)}
        del made["Namespace"]
        rendered = {kind: alike(each) for kind, each in render().items()}
        self.assertEqual(rendered.keys(), made.keys())
        for kind in made:
            self.assertEqual(rendered[kind], made[kind], kind)

    def test_with_a_certificate_it_renders_what_kustomize_makes_with_its_component(self):
        with tempfile.TemporaryDirectory(dir=TARGET) as folder:
            up = os.path.relpath(MANIFESTS, Path(folder).resolve())
            (Path(folder) / "kustomization.yaml").write_text(f"resources: [{up}]\ncomponents: [{up}/tls]\n")
            code, said = ran("kubectl", "kustomize", folder)
        self.assertEqual(code, 0, said)
        made = {each["kind"]: alike(each) for each in yaml.safe_load_all(said)}
        rendered = render({"tls": {"secretName": "presignd-tls"}})
        for kind in ("Deployment", "Service"):
            self.assertEqual(alike(rendered[kind]), made[kind], kind)

    def test_presignd_speaks_tls_by_the_variables_that_a_certificate_brings(self):
        pod = render({"tls": {"secretName": "tls", "clientCaSecretName": "ca"}})["Deployment"]["spec"]["template"]["spec"]
        [container] = pod["containers"]
        mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
        secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
        paths = [Path(each["value"]) for each in container["env"]]
        held = [(secrets[mounts[str(path.parent)]], path.name) for path in paths]
        self.assertEqual(held, [("tls", "tls.crt"), ("tls", "tls.key"), ("ca", "ca.crt")])
        with tempfile.TemporaryDirectory() as folder:
            certificate(Path(folder))
            variables = {each["name"]: f"{folder}/{Path(each['value']).name}" for each in container["env"]}
            code, said = ran(PRESIGND, "check", "--config", MANIFESTS / "presignd.toml", env=os.environ | variables)
        self.assertEqual(code, 0, said)
        self.assertNotIn("warning: listen speaks plain HTTP", said)

    def test_presignd_takes_the_configuration(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "presignd.toml"
            path.write_text(render()["ConfigMap"]["data"]["presignd.toml"])
            self.assertEqual(settings(path.parent), settings(MANIFESTS))
            takes(self, path)

    def test_a_schema_validator_takes_every_manifest_whatever_is_switched(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            switched = [*(values for _, values, *_ in TOGGLES), ALL]
            rendered = [each for values in switched for each in render(values).values()]
            # the operator's own kind has no schema in Kubernetes; most values change one manifest alone
            every = {yaml.safe_dump(each) for each in rendered if each["kind"] != "PodMonitor"}
            file.write("---\n".join(sorted(every)))
            file.flush()
            code, said = ran("kubernetes-validate", "--strict", file.name)
        self.assertEqual((code, said.count(" passed for resource ")), (0, len(every)), said)

    def test_each_value_does_what_it_says(self):
        for what, values, at, expected in TOGGLES:
            with self.subTest(what):
                self.assertEqual(found(render(values), at), expected)

    def test_every_selector_finds_the_pod_whatever_the_release_is_called(self):
        kinds = render(ALL, name="uploads", namespace="storage")
        pod = kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]
        for at in SELECTORS:
            selector = found(kinds, at)
            self.assertTrue(selector and selector.items() <= pod.items(), at)
        for kind, each in kinds.items():
            self.assertEqual((each["metadata"]["name"], each["metadata"]["namespace"]), ("uploads-presignd", "storage"))
        self.assertEqual(kinds["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"], "uploads-presignd")
        self.assertEqual(kinds["Deployment"]["spec"]["template"]["spec"]["serviceAccountName"], "uploads-presignd")

    def test_a_change_of_the_configuration_rolls_the_pods(self):
        def pod(configuration):
            return render({"configuration": configuration})["Deployment"]["spec"]["template"]

        with helm.Chart.load(CHART) as chart:
            configuration = chart.values["configuration"]
        self.assertEqual(pod(configuration), pod(configuration))
        self.assertNotEqual(pod(configuration), pod(configuration + "# changed\n"))

    def test_values_that_make_no_sense_are_refused(self):
        for values, told in REFUSED:
            with self.subTest(values=values), self.assertRaisesRegex(helm.HelmError, told):
                render(values)

    def test_the_notes_name_what_must_be_there(self):
        self.assertIn("the secret presignd-credentials", notes({}))
        self.assertIn("image.repository is still an example's", notes({}))
        self.assertNotIn("still an example's", notes({"image": {"repository": "registry.acme.net/presignd"}}))
        self.assertIn("Callers reach it at http://presignd.presignd.svc:80", notes({}))
        self.assertIn("https://uploads.example.com", notes({"ingress": {"enabled": True, "tlsSecretName": "tls"}}))
        self.assertIn("cross that in the clear", notes({"ingress": {"enabled": True}}))
        self.assertIn("https://presignd.presignd.svc:80", notes({"tls": {"secretName": "tls"}}))
        self.assertIn("the secret ca, whose ca.crt", notes({"tls": {"secretName": "tls", "clientCaSecretName": "ca"}}))
        spoken = notes({"tls": {"secretName": "tls"}, "ingress": {"enabled": True}})
        self.assertIn("The ingress controller must speak HTTPS to it", spoken)

    def test_every_value_is_in_the_schema_and_every_member_of_the_schema_has_a_default(self):
        with helm.Chart.load(CHART) as chart:
            self.assertEqual(members(chart.schema, "") - {"global"}, names(chart.schema, chart.values, ""))


# What a value changes: where to look, and what is then there.
TOGGLES = [
    ("a tag", {"image": {"tag": "edge"}}, "pod containers 0 image", "registry.example.com/presignd:edge"),
    ("a digest", {"image": {"digest": DIGEST}}, "pod containers 0 image", f"registry.example.com/presignd@{DIGEST}"),
    ("a pull policy", {"image": {"pullPolicy": "Always"}}, "pod containers 0 imagePullPolicy", "Always"),
    ("pull secrets", {"imagePullSecrets": [{"name": "pull"}]}, "pod imagePullSecrets", [{"name": "pull"}]),
    ("another name", {"fullnameOverride": "signer"}, "Service metadata name", "signer"),
    ("a name's part", {"nameOverride": "signer"}, "Service metadata name", "presignd-signer"),
    ("a map of one's own", {"existingConfigMap": "mine"}, "pod volumes 0 configMap name", "mine"),
    ("none of ours then", {"existingConfigMap": "mine"}, "ConfigMap", None),
    ("no files", {"secrets": {"files": []}}, "pod volumes 1", None),
    (
        "a secret in the environment",
        {"secrets": {"env": [{"name": "JWT_SECRET", "secretName": "jwt", "key": "secret"}]}},
        "pod containers 0 env",
        [{"name": "JWT_SECRET", "valueFrom": {"secretKeyRef": {"name": "jwt", "key": "secret"}}}],
    ),
    ("a certificate", {"tls": {"secretName": "tls"}}, "pod volumes 0 secret", {"secretName": "tls", "defaultMode": 0o440}),
    ("which is spoken to so", {"tls": {"secretName": "tls"}}, "Service spec ports 0 appProtocol", "https"),
    (
        "whose clients have one too",
        {"tls": {"secretName": "tls", "clientCaSecretName": "ca"}},
        "pod containers 0 env 2",
        {"name": "PRESIGND__SERVER__TLS__CLIENT_CA", "value": "/etc/presignd/client-ca/ca.crt"},
    ),
    (
        "a setting",
        {"env": {"PRESIGND__LOG__LEVEL": "debug"}},
        "pod containers 0 env",
        [{"name": "PRESIGND__LOG__LEVEL", "value": "debug"}],
    ),
    ("a role", {"serviceAccount": {"annotations": ROLE}}, "ServiceAccount metadata annotations", ROLE),
    ("an account of one's own", OWN_SERVICE_ACCOUNT, "pod serviceAccountName", "uploads"),
    ("none of ours then", OWN_SERVICE_ACCOUNT, "ServiceAccount", None),
    ("a type of service", {"service": {"type": "LoadBalancer"}}, "Service spec type", "LoadBalancer"),
    ("a service's port", {"service": {"port": 8000}}, "Service spec ports 0 port", 8000),
    ("no ingress", {}, "Ingress", None),
    ("an ingress", {"ingress": {"enabled": True}}, "Ingress spec rules 0 host", "uploads.example.com"),
    ("its class", {"ingress": {"enabled": True, "className": "traefik"}}, "Ingress spec ingressClassName", "traefik"),
    (
        "its certificate",
        {"ingress": {"enabled": True, "tlsSecretName": "tls"}},
        "Ingress spec tls",
        [{"hosts": ["uploads.example.com"], "secretName": "tls"}],
    ),
    ("no network policy", {"networkPolicy": {"enabled": False}}, "NetworkPolicy", None),
    (
        "no peer lets in nobody, not everybody",
        {"networkPolicy": {"callers": [], "metrics": []}},
        "NetworkPolicy spec ingress",
        None,
    ),
    ("an issuer's port", {"networkPolicy": {"issuerPort": 8443}}, "NetworkPolicy spec egress 1 ports 0 port", 8443),
    (
        "a Redis",
        {"networkPolicy": {"store": [{"podSelector": {"matchLabels": {"app": "redis"}}}]}},
        "NetworkPolicy spec egress 2",
        {
            "to": [{"podSelector": {"matchLabels": {"app": "redis"}}}],
            "ports": [{"port": 6379, "protocol": "TCP"}],
        },
    ),
    ("no budget", {"podDisruptionBudget": {"enabled": False}}, "PodDisruptionBudget", None),
    (
        "another budget",
        {"podDisruptionBudget": {"maxUnavailable": "25%"}},
        "PodDisruptionBudget spec maxUnavailable",
        "25%",
    ),
    ("no autoscaler", {"autoscaling": {"enabled": False}}, "HorizontalPodAutoscaler", None),
    ("so many then", {"autoscaling": {"enabled": False}, "replicas": 3}, "Deployment spec replicas", 3),
    ("as many as it says", {}, "Deployment spec replicas", None),
    ("no monitor", {}, "PodMonitor", None),
    (
        "a monitor",
        {"podMonitor": {"enabled": True}},
        "PodMonitor spec podMetricsEndpoints",
        [{"port": "admin", "path": "/metrics", "interval": "30s"}],
    ),
    ("whose job the alerts know", {"podMonitor": {"enabled": True}}, "PodMonitor spec jobLabel", "app.kubernetes.io/name"),
    (
        "no annotations then",
        {"podMonitor": {"enabled": True}, "existingConfigMap": "mine"},
        "Deployment spec template metadata annotations",
        None,
    ),
    ("resources", {"resources": {"limits": {"memory": "1Gi"}}}, "pod containers 0 resources limits", {"memory": "1Gi"}),
    ("a user of OpenShift's", {"podSecurityContext": {"runAsUser": None}}, "pod securityContext runAsUser", None),
    ("no spread", {"topologySpreadConstraints": []}, "pod topologySpreadConstraints", None),
    ("a place", {"nodeSelector": {"disk": "ssd"}}, "pod nodeSelector", {"disk": "ssd"}),
    ("a priority", {"priorityClassName": "high"}, "pod priorityClassName", "high"),
    ("a grace", {"terminationGracePeriodSeconds": 60}, "pod terminationGracePeriodSeconds", 60),
]

# All that can be switched on at once.
ALL = {
    "env": {"PRESIGND__LOG__LEVEL": "debug"},
    "imagePullSecrets": [{"name": "pull"}],
    "ingress": {"enabled": True, "className": "traefik", "tlsSecretName": "tls", "annotations": {"a": "b"}},
    "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "podAnnotations": {"a": "b"},
    "podLabels": {"team": "storage"},
    "secrets": {"env": [{"name": "JWT_SECRET", "secretName": "jwt", "key": "secret"}]},
    "service": {"type": "NodePort", "annotations": {"a": "b"}},
    "serviceAccount": {"annotations": ROLE},
    "tls": {"secretName": "tls", "clientCaSecretName": "ca"},
    "tolerations": [{"key": "spot", "operator": "Exists"}],
    "affinity": {"podAntiAffinity": {}},
}

SELECTORS = [
    "Deployment spec selector matchLabels",
    "Deployment spec template spec topologySpreadConstraints 0 labelSelector matchLabels",
    "NetworkPolicy spec podSelector matchLabels",
    "PodDisruptionBudget spec selector matchLabels",
    "PodMonitor spec selector matchLabels",
    "Service spec selector",
]

# Values, and what the refusal says of them.
REFUSED = [
    ({"image": {"tga": "1"}}, "'tga' not allowed"),
    ({"image": {"repository": ""}}, "/image/repository"),
    ({"image": {"digest": "latest"}}, "/image/digest"),
    ({"replicas": "2"}, "/replicas"),
    ({"ports": {"http": 80800}}, "/ports/http"),
    ({"service": {"type": "ExternalName"}}, "/service/type"),
    ({"secrets": {"files": [{"name": "a", "secretName": "a", "mountPath": "relative"}]}}, "/secrets/files/0/mountPath"),
    ({"secrets": {"env": [{"name": "A", "value": "in the clear"}]}}, "'value' not allowed"),
    ({"env": {"AWS_SECRET_ACCESS_KEY": "in the clear"}}, "AWS_SECRET_ACCESS_KEY"),
    ({"networkPolicy": {"callers": [{}]}}, "/networkPolicy/callers/0"),
    ({"serviceAccount": {"create": False}}, "serviceAccount.name is needed"),
    ({"tls": {"secretName": "TLS"}}, "/tls/secretName"),
    ({"tls": {"clientCaSecretName": "ca"}}, "tls.clientCaSecretName wants tls.secretName too"),
    ({"configuration": "[server"}, "configuration is no TOML"),
    ({"configuration": ""}, "server.admin_listen is on loopback"),
    (
        {"configuration": '[server]\nlisten = "0.0.0.0:80"\nadmin_listen = "0.0.0.0:9090"'},
        'server.listen is 0.0.0.0:80; write "0.0.0.0:8080"',
    ),
]


def render(values=None, name="presignd", namespace="presignd"):
    """What a release is made of, by kind; of each kind there is one."""
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(values, name=name, namespace=namespace)
    kinds = [yaml.safe_load(text) for path, text in texts.items() if not path.endswith("NOTES.txt")]
    kinds = [each for each in kinds if each]
    by_kind = {each["kind"]: each for each in kinds}
    assert len(by_kind) == len(kinds)
    return by_kind


def notes(values):
    with helm.Chart.load(CHART) as chart:
        return chart.render(values, name="presignd", namespace="presignd")["presignd/templates/NOTES.txt"]


def found(kinds, at):
    """What is at a place, `pod` being the pod's specification; nothing, where the place is not."""
    thing = kinds
    for step in at.replace("pod ", "Deployment spec template spec ", 1).split():
        with contextlib.suppress(KeyError, IndexError, TypeError):
            thing = thing[int(step) if step.isdigit() else step]
            continue
        return None
    return thing


def alike(thing):
    """Without what each of the two tools writes for itself, and with what Kubernetes would fill in."""
    if isinstance(thing, list):
        return [alike(each) for each in thing]
    if not isinstance(thing, dict):
        # kustomize puts the content's digest behind the map's name
        return re.sub(r"^presignd-[a-z0-9]{10}$", "presignd", thing) if isinstance(thing, str) else thing
    thing = {name: alike(each) for name, each in thing.items() if name not in HELMS_OWN}
    if "presignd.toml" in thing:
        thing["presignd.toml"] = tomllib.loads(thing["presignd.toml"])
    if "image" in thing:
        thing.setdefault("imagePullPolicy", "IfNotPresent")
    return thing


def members(schema, path):
    """The places that the schema knows, as far as it says what is in an object."""
    inside = schema.get("properties", {})
    return {path.strip(".")} - {""} | {place for name in inside for place in members(inside[name], f"{path}.{name}")}


def names(schema, values, path):
    """The places that the values have, as far as the schema says what is in an object."""
    inside = schema.get("properties", {}) if isinstance(values, dict) else {}
    here = {path.strip(".")} - {""}
    return here.union(*(names(inside[name], values[name], f"{path}.{name}") for name in inside if name in values))
