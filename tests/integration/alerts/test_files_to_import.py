"""The files of docs/errors/: what Grafana, Loki's ruler and Alertmanager document, no more; and what they make Dispatch understands."""

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dispatch.families import Origin
from dispatch.intake.reading_alerts import read_alert
from tests.integration.alerts.conftest import find_program

DURATION = r"^([0-9]+(ms|s|m|h|d|w))+$"


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Range(Strict):
    from_: int = Field(alias="from")
    to: int


class Evaluator(Strict):
    type: Literal["gt", "lt", "within_range", "outside_range"]
    params: list[float]


class Condition(Strict):
    evaluator: Evaluator


class Model(Strict):
    refId: str
    editorMode: str = "code"
    queryType: Literal["instant", "range", "stream"] | None = None
    expr: str | None = None
    type: Literal["threshold", "reduce", "math"] | None = None
    expression: str | None = None
    conditions: list[Condition] = []


class Query(Strict):
    refId: str
    queryType: str
    relativeTimeRange: Range
    datasourceUid: str
    model: Model


class Rule(Strict):
    uid: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,40}$")
    title: str = Field(max_length=190)
    condition: str
    data: list[Query]
    for_: str = Field(alias="for", pattern=DURATION)
    noDataState: Literal["NoData", "Alerting", "OK", "KeepLast"]
    execErrState: Literal["Error", "Alerting", "OK", "KeepLast"]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    isPaused: bool = False


class Group(Strict):
    orgId: int
    name: str
    folder: str
    interval: str = Field(pattern=DURATION)
    rules: list[Rule]


class Rules(Strict):
    apiVersion: Literal[1]
    groups: list[Group]


class WebhookSettings(Strict):
    url: str
    httpMethod: Literal["POST", "PUT"]
    authorization_scheme: str
    authorization_credentials: str
    maxAlerts: str = "0"


class Receiver(Strict):
    uid: str = Field(max_length=40)
    type: Literal["webhook"]
    settings: WebhookSettings
    disableResolveMessage: bool


class ContactPoint(Strict):
    orgId: int
    name: str
    receivers: list[Receiver]


class ContactPoints(Strict):
    apiVersion: Literal[1]
    contactPoints: list[ContactPoint]


class Route(Strict):
    receiver: str
    object_matchers: list[tuple[str, Literal["=", "!=", "=~", "!~"], str]] = []
    group_by: list[str]
    group_wait: str | None = Field(None, pattern=DURATION)
    group_interval: str | None = Field(None, pattern=DURATION)
    repeat_interval: str | None = Field(None, pattern=DURATION)
    routes: list["Route"] = []


class Policy(Route):
    orgId: int


class Policies(Strict):
    apiVersion: Literal[1]
    policies: list[Policy]


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


@pytest.fixture(scope="module")
def files(project: Path) -> Path:
    return project / "docs/errors"


@pytest.fixture(scope="module")
def rule(files: Path) -> Rule:
    [group] = Rules.model_validate(load(files / "grafana/rules.yaml")).groups
    [found] = group.rules
    return found


def test_grafanas_rule_has_what_its_documentation_asks_for(rule: Rule):
    letters = {query.refId: query for query in rule.data}

    assert rule.condition in letters
    assert all(query.refId == query.model.refId for query in rule.data)
    asked = letters[rule.condition]
    assert (asked.datasourceUid, asked.model.type) == ("__expr__", "threshold")
    assert letters[asked.model.expression or ""].model.queryType == "instant", "a threshold takes one value, not a range of them"


def test_a_rule_of_another_form_is_no_rule():
    with pytest.raises(ValidationError):
        Rules.model_validate({"alerting": {"rules": [{"orgId": 1, "name": "x", "folder": "x", "interval": "1m", "rules": []}]}})


def test_what_the_policy_routes_is_what_the_rule_marks_and_the_contact_point_takes(files: Path, rule: Rule):
    [policy] = Policies.model_validate(load(files / "grafana/policies.yaml")).policies
    [point] = ContactPoints.model_validate(load(files / "grafana/contact-points.yaml")).contactPoints

    [route] = policy.routes
    assert route.receiver == point.name
    assert all(rule.labels.get(name) == value for name, _, value in route.object_matchers)
    [receiver] = point.receivers
    assert receiver.settings.url.endswith("/api/loki/webhook")
    assert (receiver.settings.authorization_scheme, receiver.settings.authorization_credentials[0]) == ("Bearer", "$")
    assert not receiver.disableResolveMessage


def grouped_by(expr: str) -> list[str]:
    found = re.search(r"sum by \(([^)]*)\)", expr)
    assert found
    return [name.strip() for name in found[1].split(",")]


def test_an_alert_of_grafanas_rule_is_understood(rule: Rule):
    [query] = [query for query in rule.data if query.model.expr]
    labels = {"alertname": rule.title, **rule.labels} | {name: f"the {name}" for name in grouped_by(query.model.expr or "")}
    told = {"status": "firing", "labels": labels, "annotations": rule.annotations, "values": {query.refId: 17, rule.condition: 1}}

    assert_understood(told, Origin.GRAFANA)


def test_an_alert_of_lokis_rule_is_understood(files: Path):
    [group] = load(files / "loki/rules.yaml")["groups"]
    [rule] = group["rules"]
    labels = {"alertname": rule["alert"], **rule["labels"]} | {name: f"the {name}" for name in grouped_by(rule["expr"])}
    annotations = {name: value.replace("{{ $value }}", "17") for name, value in rule["annotations"].items()}

    assert_understood({"status": "firing", "labels": labels, "annotations": annotations}, Origin.ALERTMANAGER)
    assert re.fullmatch(DURATION, group["interval"])


def assert_understood(told: dict[str, Any], origin: Origin) -> None:
    found = read_alert(told, origin=origin, at=datetime.now(UTC))
    assert found
    new = found.sighting
    assert (new.source, new.feature, new.message, new.level) == ("the source", "the feature", "the msg", "the level")
    assert (new.release, new.environment, new.count) == ("the release", "the environment", 17)


def test_both_rules_look_for_the_same(files: Path, rule: Rule):
    [group] = load(files / "loki/rules.yaml")["groups"]
    [query] = [query.model.expr for query in rule.data if query.model.expr]

    assert group["rules"][0]["expr"] == f"{query} > 0"


def test_alertmanager_takes_its_file(files: Path):
    told = subprocess.run(
        [find_program("amtool"), "check-config", str(files / "loki/alertmanager.yml")], check=False, capture_output=True, text=True
    )

    assert told.returncode == 0, told.stdout + told.stderr


def test_alertmanager_routes_our_alerts_to_us_and_others_elsewhere(files: Path):
    def routed(*labels: str) -> str:
        words = [find_program("amtool"), "config", "routes", "test", f"--config.file={files / 'loki/alertmanager.yml'}", *labels]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    assert routed("dispatch=errors", "source=billing") == "dispatch"
    assert routed("alertname=DiskFull") == "others"
