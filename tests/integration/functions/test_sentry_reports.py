"""What Sentry reports, from its door to issues: seen, seen again, resolved, archived; and no event counts twice."""

import psycopg
import pytest

from dispatch import activity, families, issues
from dispatch.families import NewMute, Scope
from dispatch.issues import IssueChange, IssueFilter
from dispatch.kit.work import work
from tests import doing, sentry

GRACE = sentry.GRACE


@pytest.fixture(autouse=True)
def configured(database, repository, queues, setting):
    setting.setenv("SENTRY_CLIENT_SECRET", sentry.SECRET)
    setting.setenv("SPAWN_KILL_SWITCH", "true")


def open_issues() -> list:
    with work() as unit:
        return issues.list_issues(unit, IssueFilter()).items


def the_issue():
    [issue] = open_issues()
    return issue


def the_family():
    issue = the_issue()
    with work() as unit:
        family = families.find_by_issue(unit, issue.id)
    assert family
    return family


def seen() -> int:
    return the_family().occurrences


def story() -> list[tuple[str, str]]:
    """The comments of the story, and the reasons for changes."""
    issue = the_issue()
    with work() as unit:
        told = activity.list_activity(unit, issue.id)
    return [(entry.kind, str(entry.data.get("body") or entry.data.get("reason"))) for entry in told]


def close(by=doing.ADA) -> None:
    issue = the_issue()
    with work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(status="Done", reason="Enough."), actor=by)


def status() -> str:
    return the_issue().status.name


def test_a_created_issue_becomes_one_of_ours():
    answer = sentry.tell_issue("created", count=12)

    issue = the_issue()
    assert answer.json == {"answer": f"{issue.identifier} created"}
    assert issue.title == "[shop/charge-customer] CardDeclined: card_declined"
    assert [label.name for label in issue.labels] == ["Sentry"]
    assert seen() == 12


def test_a_report_sent_again_changes_nothing():
    for _ in range(3):
        sentry.tell_issue("created", count=12)
    sentry.tell_issue("created", count=12, userCount=4)  # the same moment, in another body

    assert seen() == 12


@pytest.mark.parametrize("resource", ["event_alert", "error"])
def test_an_event_becomes_an_issue_with_its_stack(resource):
    sentry.tell_event(resource)

    family = the_family()
    assert family.issue_id
    with work() as unit:
        [sighting] = families.list_sightings(unit, family.id).items
        description = issues.get_issue(unit, family.issue_id).description
    assert (sighting.release, sighting.environment) == ("shop@1.4.2", "production")
    assert "shop/billing.py" in (sighting.detail.stack or "")
    assert "shop/billing.py" in description
    assert "ada@example.com" not in description


def test_an_event_that_two_hooks_tell_of_counts_once():
    sentry.tell_event("event_alert")
    sentry.tell_event("error")

    assert seen() == 1


def test_events_add_up_with_what_sentry_says_it_has():
    sentry.tell_issue("created", count=1, minutes=0)
    sentry.tell_event(event_id="a" * 32, minutes=0)  # the very event the issue was made by
    sentry.tell_event(event_id="b" * 32, minutes=5)
    sentry.tell_event(event_id="c" * 32, minutes=6)
    assert seen() == 3

    sentry.tell_issue("unresolved", substatus="escalating", count=40, minutes=10)
    sentry.tell_event(event_id="d" * 32, minutes=9)

    assert seen() == 40
    assert len(open_issues()) == 1


def test_a_count_that_sentry_lowers_takes_nothing_away():
    sentry.tell_issue("created", count=40)
    sentry.tell_issue("unresolved", substatus="regressed", count=3, minutes=5)

    assert seen() == 40


def test_one_of_sentrys_issues_is_one_error_however_its_words_change():
    sentry.tell_issue("created", count=1)
    sentry.tell_event(
        event_id="b" * 32, minutes=5, culprit="elsewhere", tags=[["source", "billing"]], metadata={"type": "E", "value": "Other words"}
    )

    assert seen() == 2


def test_a_regression_opens_the_issue_again(clock):
    sentry.tell_issue("created", count=1)
    close()
    clock.travel(hours=2)

    sentry.tell_issue("unresolved", substatus="regressed", count=2, minutes=170)

    assert status() == "Backlog"
    assert seen() == 2


def test_resolved_in_sentry_closes_the_issue_and_says_by_whom():
    sentry.tell_issue("created")

    answer = sentry.tell_issue("resolved", actor=GRACE, status="resolved")

    assert status() == "Done"
    assert answer.json == {"answer": f"{the_issue().identifier} is closed: resolved in Sentry"}
    assert ("issue.changed", "Resolved in Sentry by Grace.") in story()


def test_resolved_again_changes_nothing(clock):
    sentry.tell_issue("created")
    sentry.tell_issue("resolved", actor=GRACE)
    told = story()
    clock.travel(hours=1)

    answer = sentry.tell_issue("resolved", actor=GRACE)

    assert answer.json == {"answer": f"{the_issue().identifier} is closed already"}
    assert story() == told


def test_while_an_agent_works_on_it_resolved_in_sentry_is_only_told(setting):
    setting.setenv("SPAWN_KILL_SWITCH", "false")
    sentry.tell_issue("created")
    doing.start(doing.ask(the_issue().id))

    sentry.tell_issue("resolved", actor=GRACE)

    assert status() != "Done"
    assert any(said.startswith("Resolved in Sentry by Grace. The issue stays open here") for _, said in story())


def muted() -> list[tuple[str, str, object]]:
    with work() as unit:
        return [(mute.by, mute.because, mute.until) for mute in families.list_mutes(unit)]


def test_archived_in_sentry_stays_out_here_until_it_is_unresolved_there(clock):
    sentry.tell_issue("created")
    sentry.tell_issue("archived", actor=GRACE, substatus="archived_until_escalating")
    assert muted() == [("Sentry", "Archived in Sentry by Grace.", None)]
    close()
    clock.travel(hours=2)

    sentry.tell_event(event_id="b" * 32, minutes=150)
    assert status() == "Done"

    sentry.tell_issue("unresolved", substatus="escalating", count=90, minutes=170)
    assert (status(), seen(), muted()) == ("Backlog", 90, [])


@pytest.mark.parametrize(
    ("until", "is_kept"), [("2999-01-01T00:00:00Z", True), ("2001-01-01T00:00:00Z", False), ("soon", False), ({"a": 1}, False)]
)
def test_archived_until_a_moment_stays_out_until_then(until, is_kept):
    sentry.tell_issue("created")

    sentry.tell_issue("archived", actor=GRACE, statusDetails={"ignoreUntil": until})

    [(_, _, kept)] = muted()
    assert (kept is not None) == is_kept


def test_what_somebody_muted_here_stays_muted_whatever_sentry_says():
    sentry.tell_issue("created")
    family = the_family()
    with work() as unit:
        families.mute(unit, NewMute(scope=Scope.FAMILY, value=str(family.id), because="Known."), actor=doing.ADA)

    sentry.tell_issue("archived", actor=GRACE)
    sentry.tell_issue("unresolved", substatus="escalating", count=90, minutes=30)

    assert muted() == [("Ada", "Known.", None)]


def test_unresolved_by_hand_is_told_in_the_story():
    sentry.tell_issue("created")

    sentry.tell_issue("unresolved", actor=GRACE, substatus="ongoing")

    assert ("comment.added", "SHOP-1 is unresolved again in Sentry, says Grace.") in story()
    assert seen() == 1


def test_of_an_issue_nobody_heard_of_there_is_nothing_to_resolve():
    answers = [sentry.tell_issue(action, actor=GRACE) for action in ("resolved", "archived", "ignored")]

    assert {answer.json["answer"] for answer in answers} == {"nothing was heard of this issue before"}
    assert open_issues() == []


def test_assigned_there_means_nothing_here():
    assert sentry.tell_issue("assigned", actor=GRACE).json == {"answer": "nothing here is about this"}


@pytest.mark.parametrize("data", [{}, {"issue": None}, {"issue": []}, {"issue": {"id": None}}, None, []])
def test_what_cannot_be_read_is_refused_and_kept(data, database):
    answer = sentry.deliver("issue", {"action": "created", "data": data})

    assert answer.status == 422
    with psycopg.connect(database) as conn:
        assert conn.execute("SELECT failure FROM delivery").fetchone() == (answer.json["detail"],)
