"""`dispatch doctor`: each part of an instance, whether it is well, and what to do where it is not."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import psycopg
import pytest

from dispatch import deliveries
from dispatch.deliveries import NewDelivery
from dispatch.kit import migrate
from dispatch.kit.errors import Unavailable
from infra import cli
from tests.conftest import Clock, Queues
from tests.integration.functions.conftest import Api


@pytest.fixture
def aside(queues: Queues) -> Any:
    """SQS, where each queue has one beside it for what failed too often."""
    sqs = boto3.client("sqs")
    for name, attributes in (("spawns", {}), ("turns.fifo", {"FifoQueue": "true"})):
        dead = sqs.create_queue(QueueName=f"dead-{name}", Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
        sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], Attributes={"RedrivePolicy": policy})
    return sqs


@pytest.fixture
def model(setting: pytest.MonkeyPatch) -> None:
    setting.setenv("ANTHROPIC_BASE_URL", "http://localhost:3002/model")


def test_a_well_instance_has_nothing_missing(machine: Api, aside: Any, model: None) -> None:
    _sweep()

    parts = _parts(machine)

    assert [name for name, (ok, _) in parts.items() if ok is False] == []
    assert parts["migrations"] == (True, f"All {len(migrate.names())} applied.")
    assert parts["queue spawns"] == (True, "0 waiting, 0 put aside.")
    assert {"database", "pgvector", "schedules", "queue turns", "webhook github", "model", "logs"} <= parts.keys()


def test_schedules_that_do_not_come_are_missed(machine: Api, aside: Any, model: None, clock: Clock) -> None:
    _sweep()
    clock.travel(minutes=10)

    ok, detail = _parts(machine)["schedules"]

    assert ok is False
    assert "600 s ago" in detail or "601 s ago" in detail


def test_messages_that_were_put_aside_are_told_with_what_to_do(machine: Api, aside: Any, model: None) -> None:
    aside.send_message(QueueUrl=aside.get_queue_url(QueueName="dead-spawns")["QueueUrl"], MessageBody="{}")

    assert _parts(machine)["queue spawns"] == (False, "0 waiting, 1 put aside. See why in the log, then: dispatch redrive spawns.")


def test_a_queue_that_cannot_be_asked_hides_no_other_part(machine: Api, queues: Queues, model: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("SQS_SPAWNS_URL", "https://sqs.eu-central-1.amazonaws.com/1/gone")

    parts = _parts(machine)

    assert parts["queues"][0] is False
    assert parts["database"][0] is True


@pytest.fixture
def ledger(database: str) -> Iterator[Any]:
    """The ledger of migrations, to be written over; as it was after the test."""
    with psycopg.connect(database, autocommit=True) as conn:
        kept = conn.execute("SELECT name, checksum FROM schema_migration").fetchall()
        yield conn
        conn.execute("DELETE FROM schema_migration")
        conn.cursor().executemany("INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)", kept)


def test_a_migration_that_is_not_applied_is_named_and_a_newer_one_is_no_fault(machine: Api, aside: Any, model: None, ledger: Any) -> None:
    ledger.execute("INSERT INTO schema_migration (name, checksum) VALUES ('9999_later', '')")
    newer = _parts(machine)["migrations"]
    ledger.execute("DELETE FROM schema_migration WHERE name = '0002_feeds'")

    assert newer[0] is True
    assert "9999_later" in newer[1]
    assert _parts(machine)["migrations"] == (False, "Missing: 0002_feeds. Deploy again, or `dispatch migrate`.")


def test_a_delivery_that_failed_last_is_told(machine: Api, aside: Any, model: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("GITHUB_WEBHOOK_SECRET", "one")

    def refuse(unit: Any, delivery: Any) -> str:
        raise Unavailable("GitHub is away.")

    with pytest.raises(Unavailable):
        deliveries.take(NewDelivery(source="github", id="1", event="push", body={}), refuse)

    ok, detail = _parts(machine)["webhook github"]
    assert ok is False
    assert "GitHub is away." in detail


def test_only_admins_may_look(owner: Api, stranger: Api) -> None:
    assert stranger.get("/api/health/parts").status == 401
    assert owner.get("/api/health/parts").status == 200


def test_the_command_says_all_and_fails_where_something_is_missing(
    address: str, aside: Any, model: None, setting: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setting.setenv("GITHUB_REPO", "laptop/demo")
    _sweep()
    capsys.readouterr()

    code = cli.main(["doctor", "--url", address, "--json"])

    told = json.loads(capsys.readouterr().out)
    missing = {part["name"] for part in told["parts"] if part["ok"] is False}
    assert (code, told["is_well"], missing) == (1, False, {"sockets"})  # there is no WebSocket at this address


def test_in_the_terminal_it_is_a_line_for_each_part(address: str, aside: Any, model: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--url", address]) == 1

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  ok       database") for line in lines)
    assert any(line.startswith("  missing  sockets") for line in lines)


def _parts(api: Api) -> dict[str, tuple[bool | None, str]]:
    return {part["name"]: (part["ok"], part["detail"]) for part in api.get("/api/health/parts").json["parts"]}


def _sweep() -> None:
    from functions.verifier.handler import handler

    handler({"schedule": "sweep"}, None)
