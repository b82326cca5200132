"""What Sentry's webhooks leave out is asked for by schedule, and comes to the sighting and to the issue's description."""

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest

from dispatch import families, intake, issues
from dispatch.issues import IssueFilter
from dispatch.kit.work import work
from functions.verifier.handler import handler as verify
from tests import sentry
from tests.sentry_door import Door, open_sentry

EVENT = {
    "eventID": "e1",
    "groupID": sentry.ISSUE_ID,
    "platform": "javascript",
    "dateCreated": sentry.at(5),
    "release": {"version": "1.4.2"},
    "user": {"id": "u_1", "email": "ada@example.com"},
    "tags": [{"key": "environment", "value": "production"}, {"key": "browser", "value": "Firefox 150"}],
    "entries": [
        {
            "type": "exception",
            "data": {
                "values": [
                    {
                        "type": "CardDeclined",
                        "value": "card_declined",
                        "stacktrace": {"frames": [{"filename": "src/billing.ts", "lineNo": 142, "colNo": 7, "function": "charge"}]},
                    }
                ]
            },
        }
    ],
}


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("SENTRY_CLIENT_SECRET", sentry.SECRET)
    setting.setenv("SENTRY_API_TOKEN", "sntrys_x")
    setting.setenv("SENTRY_ORGANIZATION_SLUG", "acme")
    setting.setenv("SPAWN_KILL_SWITCH", "true")


@pytest.fixture
def door(setting) -> Iterator[Door]:
    with open_sentry() as made:
        setting.setenv("SENTRY_URL", made.url)
        made.answers = {"/events/latest/": EVENT, f"/issues/{sentry.ISSUE_ID}/": sentry.issue(count=15, userCount=9, minutes=5)}
        yield made


def the_sighting():
    with work() as unit:
        [issue] = issues.list_issues(unit, IssueFilter()).items
        family = families.find_by_issue(unit, issue.id)
        assert family
        [sighting] = families.list_sightings(unit, family.id).items
        return family, sighting, issues.get_issue(unit, issue.id)


def waiting(database: str) -> list[tuple]:
    with psycopg.connect(database) as conn:
        return conn.execute("SELECT ask_at, tries FROM sentry_issue WHERE ask_at IS NOT NULL").fetchall()


def test_the_stack_the_release_and_the_counts_come_to_the_sighting_and_the_description(door, database):
    sentry.tell_issue("created", count=12)

    assert intake.ask_sentry() == 1

    family, sighting, issue = the_sighting()
    assert (family.occurrences, sighting.release, sighting.environment) == (15, "1.4.2", "production")
    assert sighting.detail.stack == "CardDeclined: card_declined\n    at charge (src/billing.ts:142:7)"
    assert "src/billing.ts:142" in issue.description
    assert "ada@example.com" not in issue.description
    assert waiting(database) == []
    assert intake.ask_sentry() == 0


def test_the_webhook_itself_asks_nothing_of_sentry(door):
    sentry.tell_issue("created", count=12)

    assert door.asked == []


def test_events_that_the_details_have_counted_count_no_more(door):
    sentry.tell_issue("created", count=12)
    intake.ask_sentry()

    sentry.tell_event(event_id="b" * 32, minutes=4)

    assert the_sighting()[0].occurrences == 15


def test_without_a_token_nothing_is_asked_and_nothing_waits(door, setting, database):
    setting.setenv("SENTRY_API_TOKEN", "")

    sentry.tell_issue("created", count=12)

    assert intake.ask_sentry() == 0
    assert (door.asked, waiting(database)) == ([], [])


def test_a_sentry_that_does_not_answer_is_asked_again_and_in_the_end_left_alone(door, clock, database):
    sentry.tell_issue("created", count=12)
    door.answers, door.status = {}, 503

    asked = []
    for _ in range(10):
        assert intake.ask_sentry() == 0
        asked.append(len(door.asked))
        clock.travel(minutes=45)

    assert asked[-1] == 6
    assert waiting(database) == []


def test_a_rate_limit_is_waited_for_and_costs_no_try(door, clock, database):
    sentry.tell_issue("created", count=12)
    door.answers, door.status, door.headers = {}, 429, {"retry-after": "600"}
    intake.ask_sentry()

    [(ask_at, tries)] = waiting(database)
    with work() as unit:
        assert timedelta(minutes=9) < ask_at - unit.now <= timedelta(minutes=10)
    assert tries == 0
    assert intake.ask_sentry() == 0
    assert len(door.asked) == 1


def test_an_issue_that_sentry_does_not_show_is_not_asked_for_again(door, database):
    sentry.tell_issue("created", count=12)
    door.answers, door.status = {}, 404

    assert intake.ask_sentry() == 0
    assert waiting(database) == []


@pytest.mark.parametrize("odd", [[], "x", {"entries": "x"}])
def test_an_event_of_any_form_breaks_nothing(door, database, odd):
    sentry.tell_issue("created", count=12)
    door.answers["/events/latest/"] = odd

    intake.ask_sentry()

    assert the_sighting()[0].occurrences == 15
    assert waiting(database) == []


def test_the_schedule_of_errors_asks():
    assert verify({"schedule": "errors"}, None)["ask_sentry"] == 0
