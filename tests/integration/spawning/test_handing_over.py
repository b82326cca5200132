"""Errors that agents failed at twice in a row are a person's, with all that is known; a run that ends well gives them back."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch import activity, notices, spawning
from dispatch.issues import Issue
from dispatch.kit import clock as kit_clock
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.notices import NoticeFilter
from dispatch.runs import Run
from dispatch.spawning import SpawnState
from tests import doing
from tests.conftest import Clock
from tests.integration.spawning.by_itself import ask_for_error, see

pytestmark = pytest.mark.usefixtures("database", "queues", "repository", "no_cooldown")


@pytest.fixture
def no_cooldown(setting: pytest.MonkeyPatch) -> None:
    """An error may have one run after the other."""
    setting.setenv("SPAWN_COOLDOWN_HOURS", "0")


@pytest.fixture
def issue() -> Issue:
    """An error's issue."""
    return doing.make_issue("Checkout fails")


@pytest.mark.parametrize("outcome", ["failed", "blocked"])
def test_an_error_that_agents_failed_at_twice_starts_nothing_by_itself_and_waits_for_a_person(issue: Issue, outcome: str) -> None:
    _try(issue, outcome=outcome)
    _try(issue, outcome=outcome)

    refused, again = ask_for_error(issue, see("checkout", 4)), ask_for_error(issue, see("checkout", 5))

    assert refused
    assert (refused.state, refused.gate) == (SpawnState.REFUSED, "handed_over")
    assert refused.reason == "Agents failed at this error 2 times in a row: it is handed over to a person."
    assert again is None
    with work() as unit:
        told = [item for item in spawning.inbox(unit) if item.kind in {"handover", "failure"}]
        story = [entry for entry in activity.list_activity(unit, issue.id) if entry.kind is Event.ERROR_HANDED_OVER]
        [notice] = notices.list_notices(unit, NoticeFilter(kind=Event.ERROR_HANDED_OVER)).items
    assert [item.text for item in told] == [
        "Agents failed at this error 2 times in a row. It starts no further run by itself: it is yours."
    ]
    assert [entry.data for entry in story] == [{"family": "checkout", "failures": 2}]
    assert notice.body["data"]["issue"]["identifier"] == issue.identifier


def test_a_lost_run_counts_and_a_cancelled_one_says_nothing(issue: Issue, clock: Clock) -> None:
    _try(issue, outcome="failed")
    doing.start(_ask(issue))
    with work() as unit:
        spawning.cancel_issue_run(unit, issue.id, actor=doing.ADA)
    assert _handed_over(issue) is None
    doing.start(_ask(issue))
    for _ in range(5):  # the sweep comes each minute: after a gap it trusts no silence
        clock.travel(minutes=1)
        spawning.reap_lost_runs()

    assert _handed_over(issue)


def test_a_run_between_that_ends_well_begins_anew(issue: Issue) -> None:
    _try(issue, outcome="failed")
    _try(issue, outcome="no_changes_needed")
    _try(issue, outcome="failed")

    assert _handed_over(issue) is None


def test_a_cause_without_a_fix_says_neither(issue: Issue) -> None:
    _try(issue, outcome="failed")
    _try(issue, outcome="investigation_complete")
    assert _handed_over(issue) is None
    _try(issue, outcome="failed")

    assert _handed_over(issue)


def test_fixes_that_fail_in_production_count_though_their_runs_ended_well(issue: Issue) -> None:
    first = _try(issue, outcome="completed")
    _fix(issue, first, "failed")
    assert _handed_over(issue) is None
    second = _try(issue, outcome="completed")
    _fix(issue, second, "failed")

    assert _handed_over(issue)


def test_a_person_may_ask_all_the_same_and_a_run_that_ends_well_gives_the_error_back(issue: Issue) -> None:
    _try(issue, outcome="failed")
    _try(issue, outcome="failed")

    asked = doing.ask(issue, "auto-investigate")
    assert asked.state is SpawnState.ADMITTED
    doing.end(doing.start(asked), outcome="no_changes_needed")

    assert _handed_over(issue) is None
    with work() as unit:
        assert [item for item in spawning.inbox(unit) if item.kind == "handover"] == []
    assert _ask(issue).state is SpawnState.ADMITTED


def test_a_verified_fix_gives_the_error_back_whoever_made_it(issue: Issue) -> None:
    last = [_try(issue, outcome="failed") for _ in range(2)][-1]

    _fix(issue, last, "verified")

    assert _handed_over(issue) is None


def test_the_packet_holds_what_was_tried_what_it_was_not_and_the_error_s_figures(issue: Issue) -> None:
    refuted = {"cause": "The cache is cold", "because": "It was warm: cache.py:12", "verdict": "refuted"}
    found = {"cause": "The discount is taken twice", "because": "orders.py:40", "verdict": "found"}
    first = _try(issue, outcome="completed", summary="Took it once.", causes=[refuted, found], cost_usd=2)
    _fix(issue, first, "failed", reason="It was seen 3 times since the deployment.")
    _try(issue, outcome="blocked", summary="No access.", cost_usd=0.5)
    with work() as unit:
        packet = spawning.get_packet(unit, issue.identifier)

    assert [(one.outcome, one.summary, one.fix) for one in packet.tried] == [
        ("completed", "Took it once.", "failed"),
        ("blocked", "No access.", None),
    ]
    assert (packet.failed_in_a_row, float(packet.cost_usd)) == (2, 2.5)
    assert [(one.cause, one.because) for one in packet.refuted] == [
        ("The cache is cold", "It was warm: cache.py:12"),
        ("The discount is taken twice", "A fix that rests on it failed in production: It was seen 3 times since the deployment."),
    ]
    assert packet.error
    assert (packet.error.name, packet.error.occurrences) == ("checkout", 3)


def test_the_next_run_is_told_what_was_refuted(issue: Issue) -> None:
    refuted = {"cause": "The cache is cold", "because": "It was warm: cache.py:12", "verdict": "refuted"}
    _try(issue, outcome="failed", causes=[refuted])

    brief = doing.start(doing.ask(issue, "auto-investigate")).brief

    assert "## Causes that are refuted" in brief.prompt
    assert "- The cache is cold\n  It was warm: cache.py:12" in brief.prompt
    assert brief.result_schema["properties"]["causes"]["items"]["required"] == ["cause", "because", "verdict"]


def _ask(issue: Issue) -> spawning.Spawn:
    spawn = ask_for_error(issue, see("checkout", 3))
    assert spawn
    return spawn


def _try(issue: Issue, **result: Any) -> Run:
    """A run that started by itself has ended so."""
    return doing.end(doing.start(_ask(issue)), **result)


def _handed_over(issue: Issue) -> Any:
    with work() as unit:
        return spawning.get_packet(unit, issue.id).handed_over_at


def _fix(issue: Issue, run: Run, state: str, *, reason: str = "It was seen again.") -> None:
    """The run's pull request was merged, and this is what production said of it."""
    now, number = kit_clock.now(), len(str(run.id)) + run.id.int % 1000
    with work() as unit:
        pull_id: UUID = new_id()
        given = {"pull": pull_id, "id": new_id(), "issue": issue.id, "run": run.id, "at": now, "number": number}
        unit.conn.execute(
            """
            INSERT INTO pull (id, repository, number, issue_id, run_id, url, title, state, is_trusted, is_fork, head_branch, head_sha,
                              base_branch, opened_at, merged_at)
            VALUES (%(pull)s, 'acme/shop', %(number)s, %(issue)s, %(run)s, 'https://github.com/acme/shop/pull/1', 'Fix', 'merged', true,
                    false, 'fix', 'abc', 'main', %(at)s, %(at)s)
            """,
            given,
        )
        unit.conn.execute(
            """
            INSERT INTO fix_attempt (id, pull_id, issue_id, repository, merged_at, state, reason, at_most_until, decided_at, created_at)
            VALUES (%(id)s, %(pull)s, %(issue)s, 'acme/shop', %(at)s, %(state)s, %(reason)s, %(later)s, %(at)s, %(at)s)
            """,
            {**given, "state": state, "reason": reason, "later": now + timedelta(days=14)},
        )
        unit.conn.execute("UPDATE family SET issue_id = %s WHERE name = 'checkout'", (issue.id,))
        spawning.review_attempts(unit, issue.id)
