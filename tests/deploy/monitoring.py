"""Alert rules and board: by promtool, and by a Prometheus that scrapes a presignd at work."""

import json
import re
import tempfile
import unittest

import yaml

from place import DEPLOY, ROOT, ran
from service import Service, eventually, prometheus

RULES = DEPLOY / "prometheus" / "rules.yml"
BOARD = DEPLOY / "grafana" / "presignd.json"

# Only what went wrong would make series of the first, and TLS of the second; in the test there is neither.
MAY_BE_EMPTY = ['status=~"5.."', "presignd_tls_certificate"]


class Monitoring(unittest.TestCase):
    def test_promtool_takes_the_rules(self):
        code, said = ran("promtool", "check", "rules", RULES)
        self.assertEqual(code, 0, said)

    def test_every_alert_fires_when_it_should_and_is_silent_else(self):
        code, said = ran("promtool", "test", "rules", "rules_test.yml", cwd=RULES.parent)
        self.assertEqual(code, 0, said)
        cases = yaml.safe_load((RULES.parent / "rules_test.yml").read_text())["tests"]
        alerts = {rule["alert"] for rule in rules()}
        for case in cases:
            self.assertEqual({test["alertname"] for test in case["alert_rule_test"]}, alerts, case["name"])

    def test_promtool_takes_every_expression_of_the_board(self):
        rules = [{"record": f"board:panel{number}", "expr": expr} for number, expr in enumerate(board())]
        group = {"name": "board", "rules": rules}
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(yaml.safe_dump({"groups": [group]}))
            file.flush()
            code, said = ran("promtool", "check", "rules", file.name)
        self.assertEqual(code, 0, said)

    def test_rules_and_board_name_metrics_that_exist(self):
        known = set(re.findall(r'"(presignd_\w+)"', (ROOT / "src/adapters/telemetry.rs").read_text()))
        used = set(re.findall(r"\bpresignd_\w+", " ".join([*board(), *(rule["expr"] for rule in rules())])))
        self.assertEqual(used - known - {f"{name}_bucket" for name in known}, set())
        missing = {name for name in known if not any(name in expr for expr in board())}
        self.assertEqual(missing, set(), "not on the board")

    def test_the_boards_panels_do_not_lie_over_one_another(self):
        taken = {}
        for panel in json.loads(BOARD.read_text())["panels"]:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
            for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
                self.assertNotIn(cell, taken, panel["title"])
                taken[cell] = panel["title"]

    def test_a_prometheus_that_scrapes_presignd_has_something_for_every_panel_and_no_alert(self):
        with Service() as service, prometheus(service.admin, RULES) as query:
            service.work()
            for expr in board():
                may_be_empty = any(word in expr for word in MAY_BE_EMPTY)
                eventually(expr, lambda expr=expr: query(expr) or may_be_empty)
            service.work()
            firing = [alert["metric"]["alertname"] for alert in query("ALERTS{alertstate='firing'}")]
            self.assertEqual(firing, [])


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def board():
    """The board's expressions, with Grafana's variables as it would fill them in."""
    filled_in = {"$__rate_interval": "5m", "$__range": "6h", "$job": ".*", "$instance": ".*"}
    expressions = []
    for panel in json.loads(BOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            expr = target["expr"]
            for variable, value in filled_in.items():
                expr = expr.replace(variable, value)
            expressions.append(expr)
    return expressions
