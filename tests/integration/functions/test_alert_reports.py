"""What alerts do, from their door to issues: opened, counted, over; what cannot be read is told, and what failed is healed."""

import json
import re
import shlex
from datetime import timedelta

import psycopg
import pytest

from dispatch import deliveries, families, issues
from dispatch.deliveries import DeliveryFilter
from dispatch.issues import IssueFilter
from dispatch.kit.work import work
from functions.verifier.handler import handler as verify
from infra import cli
from tests import alerts
from tests.integration.functions.conftest import API_KEY
from tests.integration.functions.test_github_webhook import at_once


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("LOKI_WEBHOOK_SECRET", alerts.SECRET)
    setting.setenv("SPAWN_KILL_SWITCH", "true")


def kept() -> list:
    with work() as unit:
        return deliveries.list_deliveries(unit, DeliveryFilter(source="loki")).items


def seen() -> dict[str, int]:
    """How often each error that has an issue was seen, by its message."""
    with work() as unit:
        found = [families.find_by_issue(unit, issue.id) for issue in issues.list_issues(unit, IssueFilter()).items]
    return {family.message: family.occurrences for family in found if family}


def firing() -> set[str]:
    with work() as unit:
        found = [families.find_by_issue(unit, issue.id) for issue in issues.list_issues(unit, IssueFilter()).items]
        return {family.message for family in found if family and families.is_firing(unit, family.id)}


def said(message: str, fingerprint: str | None = None, **more):
    """An alert that says this."""
    return alerts.alert(fingerprint or message, annotations={"msg": message, **more.pop("annotations", {})}, **more)


def test_each_alert_of_a_delivery_has_its_own_answer():
    answer = alerts.tell(said("Card declined"), said("Card declined", "f2"), said("Stock is negative"))

    assert answer.json == {"answer": "DISPATCH-1 created; DISPATCH-1 counted; DISPATCH-2 created"}
    assert seen() == {"Card declined": 2, "Stock is negative": 1}


def test_grafanas_and_alertmanagers_own_words_become_issues(project):
    told = json.loads((project / "tests/payloads/alerts.json").read_text())

    for body in told.values():
        assert alerts.deliver(body).status == 200

    assert seen() == {"The system has high memory usage": 14151, "second": 1, "checkout 5xx": 1}
    assert firing() == {"checkout 5xx"}


def test_an_alert_that_is_over_is_told_so():
    alerts.tell(said("Card declined"), said("Stock is negative"))

    answer = alerts.tell(said("Card declined", status="resolved"), said("Stock is negative"))

    assert "has healed; DISPATCH-2 counted" in answer.json["answer"]
    assert firing() == {"Stock is negative"}


def test_an_alert_that_is_over_before_it_was_heard_of_was_an_error_all_the_same():
    alerts.tell(said("Card declined", status="resolved"))

    assert (seen(), firing()) == ({"Card declined": 1}, set())


def test_what_is_told_late_does_not_begin_again():
    over = alerts.tell(said("Card declined", status="resolved"))
    late = alerts.tell(said("Card declined"))

    assert (over.status, late.status) == (200, 200)
    assert (seen(), firing()) == ({"Card declined": 1}, set())


def test_told_again_and_again_an_alert_counts_the_highest(clock):
    for count in (3, 9, 5, 9):
        alerts.tell(said("Card declined", annotations={"event_count": str(count)}))
        clock.travel(hours=1)

    assert seen() == {"Card declined": 9}


def test_without_an_identity_every_report_counts():
    for _ in range(3):
        alerts.deliver({"alerts": [{"annotations": {"msg": "Card declined"}}]})

    assert seen() == {"Card declined": 3}


def test_one_that_cannot_be_read_loses_none_of_the_others_and_is_told():
    answer = alerts.tell(said("Card declined"), {"labels": ["x"]}, said("Stock is negative"), "an alert")

    assert answer.status == 200
    assert answer.json["answer"] == (
        "DISPATCH-1 created; DISPATCH-2 created; alert 2 cannot be read: its labels is no object; alert 4 cannot be read: it is no object"
    )
    assert len(seen()) == 2


def test_where_none_can_be_read_the_delivery_is_refused_and_kept():
    answer = alerts.tell({"labels": ["x"]}, None)

    assert answer.status == 422
    assert (
        kept()[0].failure
        == answer.json["detail"]
        == "alert 1 cannot be read: its labels is no object; alert 2 cannot be read: it is no object"
    )


def test_what_the_sender_left_out_is_told():
    assert alerts.tell(said("Card declined"), truncatedAlerts=7).json == {"answer": "DISPATCH-1 created; the sender left out 7 more"}


def test_a_hundred_alerts_are_told_in_few_words():
    answer = alerts.tell(*(said(f"Broken {chr(97 + n // 26)}{chr(97 + n % 26)}", f"f{n}") for n in range(100)))

    assert answer.status == 200
    assert answer.json["answer"].endswith("; and 80 more")
    assert sum(seen().values()) == 100


def test_what_failed_is_kept_whole_and_healed_by_schedule_whether_or_not_it_is_sent_again(database, clock):
    with psycopg.connect(database) as conn:
        conn.execute("ALTER TABLE sighting RENAME TO sighting_away")
    body = alerts.group(said("Card declined"), said("Stock is negative"))
    assert alerts.deliver(body).status == 500
    assert seen() == {}
    with psycopg.connect(database) as conn:
        conn.execute("ALTER TABLE sighting_away RENAME TO sighting")

    clock.travel(minutes=2)
    assert verify({"schedule": "pulls"}, None)["retry_deliveries"] == 1
    assert alerts.deliver(body).status == 200

    assert seen() == {"Card declined": 1, "Stock is negative": 1}


def test_a_replay_doubles_nothing(database):
    alerts.tell(said("Card declined"))
    with work() as unit:
        deliveries.replay(unit, "loki", kept_id(database))

    assert verify({"schedule": "pulls"}, None)["retry_deliveries"] == 1

    assert seen() == {"Card declined": 1}


def kept_id(database: str) -> str:
    with psycopg.connect(database) as conn:
        [(found,)] = conn.execute("SELECT id FROM delivery").fetchall()
    return found


def test_a_replay_is_no_news_of_now(database, clock):
    alerts.tell(said("Card declined"))
    clock.travel(hours=5)
    with work() as unit:
        now = unit.now
        deliveries.replay(unit, "loki", kept_id(database))

    verify({"schedule": "pulls"}, None)

    with psycopg.connect(database) as conn:
        [(last_seen,)] = conn.execute("SELECT last_seen FROM family").fetchall()
    assert now - last_seen > timedelta(hours=4)


def test_the_same_groups_at_once_from_two_alertmanagers_count_once():
    groups = [alerts.group(said("Card declined"), said("Stock is negative"), receiver=f"r{n % 2}") for n in range(6)]
    groups[1]["alerts"].reverse()

    answers = at_once([lambda body=body: alerts.deliver(body).status for body in groups])

    assert answers == [200] * 6
    assert seen() == {"Card declined": 1, "Stock is negative": 1}


def test_grafanas_alerts_about_its_own_rules_open_nothing():
    assert alerts.tell(alerts.alert(labels={"alertname": "DatasourceError"}), orgId=1).json == {"answer": "no alerts"}
    assert seen() == {}


def test_the_command_of_the_page_makes_an_issue_and_counts_on(project, setting):
    setting.setenv("LOKI_WEBHOOK_SECRET", "")
    setting.setenv("DISPATCH_API_KEY", API_KEY)
    page = (project / "docs/errors.md").read_text()
    [command] = re.findall(r"```sh\n(curl .*?)```", page, re.DOTALL)
    words = shlex.split(command.replace("$(cat .dispatch/api-key)", API_KEY))
    raw, bearer = words[words.index("-d") + 1], words[words.index("-H") + 1].removeprefix("Authorization: Bearer ")

    first = alerts.deliver(None, raw=raw.encode(), secret=bearer, **{"content-type": "application/x-www-form-urlencoded"})
    alerts.deliver(None, raw=raw.replace("1042", "2077").encode(), secret=bearer)

    assert first.json == {"answer": "DISPATCH-1 created"}
    assert list(seen().values()) == [6]


def test_the_command_lists_one_senders_deliveries(address, setting, capsys):
    setting.setenv("LOKI_WEBHOOK_SECRET", alerts.SECRET)
    alerts.tell(said("Card declined"))

    for source, lines in (("loki", 1), ("sentry", 0)):
        assert cli.main(["deliveries", "list", "--source", source, "--url", address]) == 0
        assert capsys.readouterr().out.count("alertmanager: DISPATCH-1 created") == lines
