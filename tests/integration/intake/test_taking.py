"""A report opens, brings up to date and reopens its error's issue."""

from typing import Any

import pytest

from dispatch import activity, issues
from dispatch.customers import NewCustomer, create_customer
from dispatch.intake import Action, Taken
from dispatch.issues import Issue, IssueChange
from dispatch.kit import clock
from dispatch.kit.events import Event
from dispatch.kit.work import work
from tests.doing import ADA
from tests.reports import report, take

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


def issue_of(taken: Taken) -> Issue:
    """The error's issue as it is now."""
    assert taken.issue
    with work() as unit:
        return issues.get_issue(unit, taken.issue)


def change(taken: Taken, **what: Any) -> None:
    """Ada changes the error's issue."""
    assert taken.issue
    with work() as unit:
        issues.update_issue(unit, taken.issue, IssueChange(**what), actor=ADA)


def story_of(taken: Taken, kind: Event) -> list[dict[str, Any]]:
    """What the issue's story says of that kind."""
    with work() as unit:
        return [entry.data for entry in activity.list_activity(unit, issue_of_id(taken), limit=500) if entry.kind is kind]


def issue_of_id(taken: Taken) -> Any:
    """The id of the error's issue."""
    assert taken.family.issue_id
    return taken.family.issue_id


def test_a_new_error_opens_an_issue():
    taken = take(report("The total\nis wrong", count=7, stack="at total (orders.py:3)"))

    issue = issue_of(taken)
    assert taken.action is Action.CREATED
    assert (issue.title, issue.priority, issue.source) == ("[orders/totals] The total is wrong", "P3", "error")
    assert [label.name for label in issue.labels] == ["Loki"]
    assert "at total (orders.py:3)" in issue.description
    assert "Seen 7 times" in issue.description


def test_the_same_error_again_opens_no_other():
    first = take(report())

    again = take(report())

    assert (again.action, again.issue) == (Action.COUNTED, first.issue)
    assert again.family.occurrences == 2


def test_priority_rises_with_the_counts():
    taken = take(report())
    assert issue_of(taken).priority == "P4"

    take(report(count=19))
    assert issue_of(taken).priority == "P2"

    take(report(count=80))
    assert issue_of(taken).priority == "P1"


def test_a_priority_that_a_person_set_stays():
    taken = take(report(count=5))
    change(taken, priority="P4")

    take(report(count=500))

    assert issue_of(taken).priority == "P4"


def test_a_description_that_a_person_wrote_stays():
    taken = take(report())
    change(taken, description="I know this one.")

    take(report(count=500, stack="at total (orders.py:3)"))

    assert issue_of(taken).description == "I know this one."


def test_a_later_stack_comes_into_the_description():
    taken = take(report())

    take(report(stack="at total (orders.py:3)"))

    assert "at total (orders.py:3)" in issue_of(taken).description


def test_a_flood_tells_a_short_story():
    taken = take(report())
    for _ in range(120):
        take(report())

    assert [said["occurrences"] for said in story_of(taken, Event.ERROR_SEEN)] == [1, 5, 20, 100]


def test_a_closed_issue_is_reopened():
    taken = take(report(count=30))
    change(taken, status="Done", reason="It is gone.")

    again = take(report(release="2.0.1", first_seen=clock.now(), last_seen=clock.now()))

    issue = issue_of(taken)
    assert (again.action, again.issue) == (Action.REOPENED, taken.issue)
    assert (issue.status.name, issue.priority) == ("Backlog", "P2")
    assert story_of(taken, Event.ISSUE_REOPENED)[0]["release"] == "2.0.1"


def test_a_sighting_from_before_the_closing_reopens_nothing():
    taken = take(report())
    change(taken, status="Done", reason="It is gone.")

    again = take(report())

    assert (again.action, again.family.occurrences) == (Action.IGNORED, 2)
    assert issue_of(taken).status.name == "Done"


def test_the_customer_it_hits_is_the_issues():
    with work() as unit:
        create_customer(unit, NewCustomer(name="Acme", organisations=["org-7"]))

    taken = take(report(organisations=["org-7"], users=["ada", "bob", "ada"]))

    issue = issue_of(taken)
    assert issue.customer
    assert issue.customer.slug == "acme"
    assert "Users: 2" in issue.description
    assert "ada" not in issue.description
