"""What is watched from outside: metrics in CloudWatch's embedded format, and log lines that say which issue and run they are of."""

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.kit import metrics
from dispatch.kit.log import about, logger, watched
from tests import doing
from tests.conftest import Clock
from tests.integration.functions.conftest import Api

CONTEXT = SimpleNamespace(function_name="Dispatch-Verifier", aws_request_id="request-1")


def _sweep(capsys: pytest.CaptureFixture[str], context: Any = None) -> dict[str, Any]:
    from functions.verifier.handler import handler

    capsys.readouterr()
    handler({"schedule": "sweep"}, context)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    return told[-1]


@pytest.mark.usefixtures("database", "queues", "repository")
def test_the_last_minute_is_told_with_todays_money(capsys: pytest.CaptureFixture[str], clock: Clock, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DAILY_COST_LIMIT_USD", "40")
    doing.ask(doing.make_issue())
    waiting = doing.ask(doing.make_issue())
    clock.travel(minutes=1)

    told = _sweep(capsys)

    assert waiting.gate == "money"
    assert (told["SpawnsAdmitted"], told["SpawnsWaiting"], told["RunsUnfinished"], told["Sweeps"]) == (1, 1, 1, 1)
    assert (told["ReservedUsd"], told["SettledUsd"], told["LedgerUsed"]) == (25, 0, 0.625)
    assert 0 <= told["OldestWaitingSpawn"] <= 120


@pytest.mark.usefixtures("database", "queues", "repository")
def test_what_happened_in_another_minute_is_not_told_again(capsys: pytest.CaptureFixture[str], clock: Clock) -> None:
    doing.ask(doing.make_issue())
    clock.travel(minutes=3)

    assert _sweep(capsys)["SpawnsAdmitted"] == 0


@pytest.mark.usefixtures("database", "queues")
def test_metrics_have_cloudwatchs_embedded_form(capsys: pytest.CaptureFixture[str]) -> None:
    told = _sweep(capsys)

    (about,) = told["_aws"]["CloudWatchMetrics"]
    assert (about["Namespace"], about["Dimensions"], told["service"]) == ("Dispatch", [["service"]], "verifier")
    assert {"Name": "OldestWaitingSpawn", "Unit": "Seconds"} in about["Metrics"]
    assert all(isinstance(told[one["Name"]], float) for one in about["Metrics"])


def test_a_container_counts_its_first_event_as_a_cold_start_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    handler = watched(lambda event, context: None)
    for _ in range(2):
        handler({}, CONTEXT)

    (told,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (told["ColdStart"], told["function_name"]) == (1, "Dispatch-Verifier")


def test_a_container_kept_warm_has_no_cold_start(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency")

    watched(lambda event, context: None)({}, CONTEXT)

    assert capsys.readouterr().out == ""


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What is logged from now on, a line each."""
    written = io.StringIO()
    for handler in logger._logger.handlers:
        monkeypatch.setattr(handler, "stream", written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def test_what_happens_on_an_issue_is_logged_by_its_identifier_and_run(machine: Api, queues: Any, lines: Any) -> None:
    issue = machine.post("/api/issues", {"title": "Slow checkout"}).json
    machine.post(f"/api/issues/{issue['identifier'].lower()}/spawn", {"workflow": "prd-investigate"})

    admitted = next(line for line in lines() if line["message"] == "spawn.admitted")

    assert (admitted["issue"], admitted["trace_id"]) == (issue["identifier"], "trace-1")
    assert admitted["run"]


def test_whatever_fails_in_a_request_on_an_issue_is_logged_with_the_issue(
    machine: Api, queues: Any, lines: Any, setting: pytest.MonkeyPatch
) -> None:
    issue = machine.post("/api/issues", {"title": "Slow checkout"}).json
    setting.setenv("SQS_SPAWNS_URL", "http://localhost:1/no-such-queue")

    machine.post(f"/api/issues/{issue['identifier'].lower()}/spawn", {"workflow": "prd-investigate"})

    failed = next(line for line in lines() if line["message"] == "an effect after commit failed")
    assert failed["issue"] == issue["identifier"]


def test_a_lines_keys_are_those_of_its_own_event(lines: Any) -> None:
    watched(lambda event, context: about(run="run-1"))({}, CONTEXT)
    watched(lambda event, context: logger.info("later"))({"requestContext": {"requestId": "door-2"}}, CONTEXT)

    (later,) = lines()
    assert (later["function"], later["request"], later["trace_id"]) == ("Dispatch-Verifier", "request-1", "door-2")
    assert "run" not in later


@pytest.mark.usefixtures("database", "queues")
def test_every_figure_that_is_watched_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert _sweep(capsys).keys() - {"_aws", "service"} == metrics.UNITS.keys() - {"ColdStart"}
