"""Errors by commands and tools of the terminal."""

from typing import Any
from uuid import uuid4

import pytest

from dispatch.kit.errors import NotAllowed
from dispatch.kit.work import work
from dispatch.orchestrator import tools
from dispatch.orchestrator.tools import Context
from dispatch.people import RIGHTS, Caller, CallerKind, Role
from tests.doing import ADA
from tests.integration.orchestrator.conftest import say
from tests.reports import report, take

OPERATOR = Caller(kind=CallerKind.PERSON, name="Olga", rights=RIGHTS[Role.OPERATOR])


def answer(chat: Any, words: str, **more: Any) -> str:
    item: Any = say(chat, words, **more).items[0]
    return item.markdown


def use(name: str, **given: Any) -> Any:
    """What the tool found."""
    context = Context(turn_id=uuid4(), chat_id=uuid4(), tool_use_id="one", said_by=ADA)
    with work() as unit:
        return tools.use(unit, name, given, context)


def test_errors_are_listed_and_one_is_shown_by_its_issue(chat: Any):
    taken = take(report("The <b>total</b> is wrong", count=1_200))

    assert "1,200" in answer(chat, "/errors total")
    assert answer(chat, "/errors nothing") == "No error has these words."
    shown = answer(chat, f"/errors {taken.issue}")
    assert r"\<b\>total" in shown
    assert "Seen 1,200 times" in shown


def test_an_error_is_muted_and_let_in_again(chat: Any):
    taken = take(report())

    assert "Muted:" in answer(chat, f"/mute {taken.issue} The vendor is down")
    assert "| muted |" in answer(chat, "/errors")
    assert "Muted no more" in answer(chat, f"/unmute {taken.issue}")
    assert "| muted |" not in answer(chat, "/errors")


def test_a_source_is_muted_by_its_name(chat: Any):
    answer(chat, "/mute source orders We move them")

    assert take(report()).issue is None


def test_whoever_may_not_approve_may_not_mute(chat: Any):
    taken = take(report())

    with pytest.raises(NotAllowed):
        say(chat, f"/mute {taken.issue} No", caller=OPERATOR)


def test_the_orchestrator_sees_errors_and_one_whole(chat: Any):
    taken = take(report(count=7, stack="at total (orders.py:3)", release="1.2"))

    [listed] = use("list_errors", query="total")["items"]
    whole = use("get_error", error=taken.issue)

    assert (listed["issue"], listed["occurrences"], listed["muted"]) == (taken.issue, 7, False)
    assert (whole["newest"]["stack"], whole["releases"]) == ("at total (orders.py:3)", ["1.2"])
