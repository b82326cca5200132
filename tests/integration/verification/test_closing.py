"""An error's issue is closed by a verified fix, or for a stated reason; whichever way it is asked for."""

import pytest

from dispatch import activity, issues
from dispatch.issues import FixVerificationRequired, IssueChange
from dispatch.kit.work import work
from tests import doing
from tests.integration.verification import steps


def close(issue, status="Done", **more):
    with work() as unit:
        return issues.update_issue(unit, issue.id, IssueChange(status=status, **more), actor=doing.ADA)


@pytest.mark.parametrize("status", ["Done", "Canceled", "done"])
def test_an_errors_issue_is_not_closed_before_its_verdict_without_a_reason(status):
    issue = steps.make_error()

    with pytest.raises(FixVerificationRequired, match="say why"):
        close(issue, status)

    assert doing.issue_now(issue).status.name == "Backlog"


def test_with_a_reason_it_is_and_the_story_keeps_it():
    issue = steps.make_error()

    close(issue, "Canceled", reason="It is a load test's.")

    assert doing.issue_now(issue).status.name == "Canceled"
    with work() as unit:
        last = activity.list_activity(unit, issue.id)[-1]
    assert last.data == {"changes": {"status": ["Backlog", "Canceled"]}, "reason": "It is a load test's."}


def test_what_is_closed_may_change_its_column_and_an_issue_that_is_no_errors_closes_as_ever():
    issue, plain = steps.make_error(), doing.make_issue()
    close(issue, "Canceled", reason="A duplicate of DISPATCH-2.")

    close(issue, "Done")
    close(plain, "Done")

    assert [doing.issue_now(one).status.name for one in (issue, plain)] == ["Done", "Done"]


def test_a_verified_fix_lets_it_be_closed_and_after_reopening_a_new_one_is_needed():
    issue = steps.make_error()
    with work() as unit:
        issues.note_verified(unit, issue.id)
    close(issue, "Done")
    close(issue, "Backlog")

    with pytest.raises(FixVerificationRequired):
        close(issue, "Done")
