"""Each function's bundle starts with only its layers, and answers the events that wake it."""

import hashlib
import hmac
import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.wiring import FUNCTIONS, Schedule
from tests.cloud import events, parts
from tests.cloud.conftest import API_KEY, SETTINGS, Cloud
from tests.github_door import GitHub
from tests.integration.conftest import Connections
from tests.model_door import served

BEARER = {"authorization": f"Bearer {API_KEY}"}
SCHEDULES = [wake for function in FUNCTIONS for wake in function.wakes if isinstance(wake, Schedule)]


def test_nothing_but_the_bundle_its_layers_and_lambdas_own_can_be_imported(built: Path, tmp_path: Path):
    place = parts.place(tmp_path / "container", built, "sockets")
    command = [place.python, "-S", "-c", "import sys, sysconfig; print(sysconfig.get_path('stdlib'), *sys.path[1:], sep='\\n')"]

    shown = subprocess.run(
        command, cwd=place.root / "var/task", env=place.environment("a:b", {}), capture_output=True, text=True, check=True
    )

    standard, *paths = shown.stdout.splitlines()
    ours = [str(place.root / folder) for folder in ("var/task", "opt/python", "var/runtime")]
    assert paths[:3] == ours
    assert [path for path in paths[3:] if Path(standard) not in (Path(path), *Path(path).parents) and not path.endswith(".zip")] == []


def test_the_api_answers_a_machine_and_signs_in_the_owner(cloud: Cloud, database: str):
    api = cloud.start("api", database)

    made = api.invoke(events.http("POST", "/api/issues", b'{"title": "The total is wrong"}', headers=BEARER))
    refused = api.invoke(events.http("GET", "/api/issues"))
    signed_in = api.invoke(events.http("POST", "/api/auth", json.dumps({"password": SETTINGS["DISPATCH_PASSWORD"]}).encode()))
    listed = api.invoke(events.http("GET", "/api/issues", cookie=signed_in["cookies"][0].partition(";")[0]))

    assert (made["statusCode"], events.read(made)["identifier"]) == (201, "DISPATCH-1")
    assert refused["statusCode"] == 401
    assert [issue["title"] for issue in events.read(listed)["items"]] == ["The total is wrong"]


def test_the_webhooks_take_what_is_signed(cloud: Cloud, database: str):
    webhooks = cloud.start("webhooks", database)
    body = json.dumps({"zen": "Keep it logically awesome.", "hook_id": 1, "repository": {"full_name": "acme/shop"}}).encode()
    signature = "sha256=" + hmac.new(SETTINGS["GITHUB_WEBHOOK_SECRET"].encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-github-event": "ping", "x-github-delivery": "0b5f6c9e-0000-4000-8000-000000000000"}

    taken = webhooks.invoke(events.http("POST", "/api/github/webhook", body, headers=headers | {"x-hub-signature-256": signature}))
    forged = webhooks.invoke(
        events.http("POST", "/api/github/webhook", body, headers=headers | {"x-hub-signature-256": "sha256=" + "0" * 64})
    )

    assert (taken["statusCode"], forged["statusCode"]) == (200, 401)


def test_a_socket_connects_watches_and_parts(cloud: Cloud, database: str, connections: Connections):
    api, sockets = cloud.start("api", database), cloud.start("sockets", database)
    ticket = events.read(api.invoke(events.http("POST", "/api/sockets/ticket", headers=BEARER)))["ticket"]

    refused = sockets.invoke(events.socket("$connect", "b=", ticket="wrong"))
    taken = sockets.invoke(events.socket("$connect", "a=", ticket=ticket))
    sockets.invoke(events.socket("$default", "a=", body='{"watch": "board"}'))
    api.invoke(events.http("POST", "/api/issues", b'{"title": "The total is wrong"}', headers=BEARER))
    parted = sockets.invoke(events.socket("$disconnect", "a="))

    assert [answer["statusCode"] for answer in (refused, taken, parted)] == [401, 200, 200]
    assert {"ping": {"board": 0}} in connections.messages("a=")
    assert [frame["topic"] for frame in connections.frames("a=")] == ["board"]
    assert rows(database, "SELECT count(*) FROM connection") == [(0,)]


def test_the_spawner_starts_a_run_and_gives_back_the_message_that_failed(cloud: Cloud, database: str, github_door: GitHub):
    start = "POST /repos/acme/shop/actions/workflows/prd-investigate.yml/dispatches"
    github_door.answers |= {"GET /repos/acme/shop": (200, {"default_branch": "main"}), start: (200, {"workflow_run_id": 7})}
    github = {"GITHUB_API_URL": github_door.url, "GITHUB_TOKEN": "a-token"}
    api, spawner = cloud.start("api", database, **github), cloud.start("spawner", database, **github)
    issue = events.read(api.invoke(events.http("POST", "/api/issues", b'{"title": "The total is wrong"}', headers=BEARER)))
    api.invoke(events.http("POST", f"/api/issues/{issue['id']}/spawn", b'{"workflow": "prd-investigate"}', headers=BEARER))
    event = events.messages("spawns", *cloud.take("SQS_SPAWNS_URL"), '{"run_id": "none"}')

    answer = spawner.invoke(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][1]["messageId"]}]}
    assert len(github_door.calls(start)) == 1
    assert rows(database, "SELECT state FROM run") == [("starting",)]


def test_a_turn_is_done_and_the_message_that_failed_comes_again_with_all_after_it(cloud: Cloud, database: str):
    with served() as model:
        api = cloud.start("api", database)
        turns = cloud.start("turns", database, ANTHROPIC_API_KEY="scripted", ANTHROPIC_BASE_URL=model)
        chat = events.read(api.invoke(events.http("POST", "/api/chats", b"{}", headers=BEARER)))
        api.invoke(events.http("POST", f"/api/chats/{chat['id']}/turns", b'{"text": "hello"}', headers=BEARER))
        event = events.messages("turns.fifo", *cloud.take("SQS_TURNS_URL"), "{}", "{}")

        answer = turns.invoke(event)

    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in event["Records"][1:]]}
    assert rows(database, "SELECT state FROM turn") == [("finished",)]


def test_every_schedule_finds_each_of_its_duties(cloud: Cloud, database: str):
    verifier = cloud.start("verifier", database)

    answers = {schedule.name: verifier.invoke(schedule.event) for schedule in SCHEDULES}

    without_github = {"reconcile", "look_for_missed", "look_at_reviews", "look_at_ci"}  # these ask GitHub, which is not there
    failed = {(name, duty) for name, done in answers.items() for duty, result in done.items() if result == "failed"}
    assert all(answers.values())
    assert {duty for _, duty in failed} <= without_github, verifier.log[-4000:]


def test_the_migrator_brings_an_empty_database_up_to_date_once(cloud: Cloud, database: str, postgres_server: str, project: Path):
    empty = f"{database}_empty"
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"CREATE DATABASE {empty.rpartition('/')[2]}")  # type: ignore[arg-type]
    migrator = cloud.start("migrator", empty)

    applied = [migrator.invoke({})["applied"] for _ in range(2)]
    cloud.close()

    names = sorted(path.stem for path in (project / "layers/dispatch/python/dispatch/migrations").glob("*.sql"))
    with psycopg.connect(postgres_server, autocommit=True) as conn:
        conn.execute(f"DROP DATABASE {empty.rpartition('/')[2]} WITH (FORCE)")  # type: ignore[arg-type]
    assert applied == [names, []]


@pytest.mark.parametrize("name", parts.HANDLERS)
def test_every_function_is_built(built: Path, name: str):
    module = parts.HANDLERS[name].partition(":")[0].replace(".", "/")

    assert (built / name / f"{module}.py").is_file()


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as conn:
        return conn.execute(query).fetchall()  # type: ignore[arg-type]
