"""No alarm watches nothing, and each tells a person what to do."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dispatch.kit.metrics import NAMESPACE, UNITS
from infra.app import ROOT
from tests.infra.conftest import Drawn

pytestmark = pytest.mark.xdist_group("template")


def test_every_alarm_and_graph_of_ours_watches_a_metric_that_is_emitted(drawn: Drawn) -> None:
    watched = set(_of_alarms(drawn)) | set(_of_graphs(drawn))

    assert {name for namespace, name in watched if namespace == NAMESPACE} == set(UNITS)
    assert all(namespace.startswith("AWS/") for namespace, _ in watched if namespace != NAMESPACE)


def test_every_alarm_says_where_the_runbook_says_what_to_do(drawn: Drawn) -> None:
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), flags=re.MULTILINE)}
    places = [one["AlarmDescription"].partition("docs/runbook.md#")[2] for one in drawn.of("AWS::CloudWatch::Alarm").values()]

    assert places
    assert set(places) == headings


def test_every_alarm_tells_somebody(drawn: Drawn) -> None:
    assert all(one["AlarmActions"] for one in drawn.of("AWS::CloudWatch::Alarm").values())


def _of_alarms(drawn: Drawn) -> Iterator[tuple[str, str]]:
    for one in drawn.of("AWS::CloudWatch::Alarm").values():
        yield one["Namespace"], one["MetricName"]


def _of_graphs(drawn: Drawn) -> Iterator[tuple[str, str]]:
    (board,) = drawn.of("AWS::CloudWatch::Dashboard").values()
    for widget in json.loads(_plain(board["DashboardBody"]))["widgets"]:
        for metric in widget["properties"]["metrics"]:
            yield metric[0], metric[1]


def _plain(body: Any) -> str:
    """The dashboard's text, with a word wherever CloudFormation fills something in."""
    return "".join(part if isinstance(part, str) else "x" for part in body["Fn::Join"][1])
