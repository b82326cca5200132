"""Issues: identifiers, changes, lists and search."""

import pytest

from dispatch import activity, issues, stream
from dispatch.issues import IssueChange, IssueFilter, IssueNotFound, UnknownStatus
from dispatch.kit.work import work
from tests import doing

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")


@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
def test_an_identifier_is_found_in_any_case(spell) -> None:
    issue = doing.make_issue()

    with work() as unit:
        assert issues.get_issue(unit, spell(issue.identifier)).id == issue.id


@pytest.mark.parametrize("ref", ["DISPATCH-99999", "nonsense", "", "' OR 1=1 --"])
def test_what_names_no_issue_is_not_found(ref: str) -> None:
    with pytest.raises(IssueNotFound), work() as unit:
        issues.get_issue(unit, ref)


def test_a_change_is_told_once_with_before_and_after() -> None:
    issue = doing.make_issue()

    for _ in range(2):
        with work() as unit:
            issues.update_issue(unit, issue.identifier, IssueChange(status="done", priority="P1"), actor=doing.ADA)

    with work() as unit:
        story = activity.list_activity(unit, issue.id)
    assert [entry.kind for entry in story] == ["issue.created", "issue.changed"]
    assert story[1].data["changes"] == {"priority": ["P3", "P1"], "status": ["Backlog", "Done"]}


def test_an_unknown_status_is_refused_with_those_there_are() -> None:
    issue = doing.make_issue()

    with pytest.raises(UnknownStatus, match="There are: Backlog, Investigating"), work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(status="Doing"), actor=doing.ADA)


def test_a_list_is_walked_by_its_cursor_without_gap_or_repeat() -> None:
    made = [doing.make_issue(f"Issue {n}").identifier for n in range(7)]

    seen: list[str] = []
    cursor = None
    while True:
        with work() as unit:
            page = issues.list_issues(unit, IssueFilter(), limit=3, cursor=cursor)
        seen += [item.identifier for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == made[::-1]


def test_search_finds_by_identifier_first_and_by_words() -> None:
    wanted = doing.make_issue("Discount is taken twice", description="Orders with a discount have a wrong total")
    doing.make_issue("Login page is slow")

    with work() as unit:
        by_words = issues.search_issues(unit, "the total is wrong for orders with a discount")
        by_name = issues.search_issues(unit, wanted.identifier.lower())

    assert [item.id for item in by_words] == [wanted.id]
    assert by_name[0].id == wanted.id


def test_the_board_shows_columns_with_totals_and_a_change_reaches_its_feed_once() -> None:
    issue = doing.make_issue()

    with work() as unit:
        issues.update_issue(unit, issue.id, IssueChange(status="Done", labels=["urgent"]), actor=doing.ADA)

    with work() as unit:
        totals = {column.status.name: column.total for column in issues.board(unit).columns}
        frames = stream.read_feed(unit, "board").frames
    assert (totals["Backlog"], totals["Done"]) == (0, 1)
    assert [frame.kind for frame in frames] == ["issue.created", "issue.changed"]
    assert frames[1].data["labels"][0]["name"] == "urgent"
