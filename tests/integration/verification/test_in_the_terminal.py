"""Fixes in the terminal: looked at by command and by the orchestrator, and closing asked for by either is refused without a reason."""

import pytest

from dispatch.issues import FixVerificationRequired
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.orchestrator import commands, tools
from dispatch.people import RIGHTS, Caller, CallerKind, Role
from tests import doing
from tests.conftest import Clock
from tests.integration.verification import steps

OLGA = Caller(kind=CallerKind.PERSON, name="Olga", rights=RIGHTS[Role.OPERATOR])


def say(words: str) -> str:
    with work() as unit:
        return commands.answer(unit, words, OLGA)


def use(name: str, **given):
    context = tools.Context(turn_id=new_id(), chat_id=new_id(), tool_use_id="1", said_by=doing.ADA)
    with work() as unit:
        return tools.use(unit, name, given, context)


def test_a_fix_is_told_with_its_state_and_its_sentence(clock: Clock):
    issue = steps.make_error()
    assert say(f"/fix {issue.identifier}").startswith("Nothing was merged")
    steps.merge(issue)
    clock.travel(minutes=31)
    steps.sweep()

    told = say(f"/fix {issue.identifier}")

    assert told.startswith("**watching** acme/shop#12, merged")
    assert "No deployments are known" in told
    assert "**fix watching**: No deployments are known" in say(f"/why {issue.identifier}")
    assert use("get_fix", identifier=issue.identifier)["attempts"][0]["state"] == "watching"
    assert use("why", identifier=issue.identifier)["fix"][0]["state"] == "watching"


def test_an_issue_that_is_no_errors_has_no_fix():
    issue = doing.make_issue()

    assert say(f"/fix {issue.identifier}") == "It is not about an error of production: there is no fix to watch."
    assert use("get_fix", identifier=issue.identifier)["attempts"] == []


def test_the_orchestrator_closes_an_errors_issue_for_a_persons_reason_alone():
    issue = steps.make_error()

    with pytest.raises(FixVerificationRequired):
        use("update_issue", identifier=issue.identifier, status="Done")
    use("update_issue", identifier=issue.identifier, status="Done", reason="Ada says that it is a test's.")

    assert steps.status(issue) == "Done"
