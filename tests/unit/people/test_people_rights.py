"""Rights: what a role may do, and what a caller is called in a story."""

from itertools import pairwise

import pytest

from dispatch.kit.errors import NotFound
from dispatch.people import MACHINE_RIGHTS, RIGHTS, Caller, CallerKind, MissingRight, Right, Role, check_topic

ISSUE = "issue:0192ab34-0000-7000-8000-000000000000"


def caller(kind=CallerKind.PERSON, *rights: Right) -> Caller:
    return Caller(kind=kind, name="Ada", rights=frozenset(rights))


def test_each_role_may_do_what_the_one_before_may_and_more():
    roles = list(Role)

    for lesser, greater in pairwise(roles):
        assert RIGHTS[lesser] < RIGHTS[greater]


@pytest.mark.parametrize(
    ("role", "right", "may"),
    [
        (Role.VIEWER, Right.ISSUES, False),
        (Role.OPERATOR, Right.SPAWN, True),
        (Role.OPERATOR, Right.PLANS, False),
        (Role.APPROVER, Right.PLANS, True),
        (Role.APPROVER, Right.ADMIN, False),
        (Role.ADMIN, Right.ADMIN, True),
    ],
)
def test_what_a_role_may_do(role, right, may):
    assert (right in RIGHTS[role]) is may


def test_no_person_may_act_as_an_agent():
    assert all(Right.AGENT not in rights for rights in RIGHTS.values())
    assert Right.AGENT in MACHINE_RIGHTS


@pytest.mark.parametrize(
    ("kind", "actor"),
    [(CallerKind.PERSON, "person"), (CallerKind.RUN, "agent"), (CallerKind.TOKEN, "system"), (CallerKind.MACHINE, "system")],
)
def test_stories_tell_people_from_agents_and_machines(kind, actor):
    assert caller(kind).actor.kind == actor


@pytest.mark.parametrize("topic", ["board", "fleet", "inbox", ISSUE, ISSUE.replace("issue", "run"), ISSUE.replace("issue", "chat")])
def test_a_reader_may_follow_every_topic_there_is(topic):
    check_topic(caller(CallerKind.PERSON, Right.READ), topic)


@pytest.mark.parametrize(
    "topic", ["", "boards", "portal:acme", "issue:DISPATCH-1", ISSUE + "\n", ISSUE.upper(), "run:", "board,fleet", "x" * 9999]
)
def test_there_is_no_other_topic(topic):
    with pytest.raises(NotFound):
        check_topic(caller(CallerKind.PERSON, Right.READ), topic)


def test_a_runs_token_follows_nothing():
    with pytest.raises(MissingRight):
        check_topic(caller(CallerKind.RUN), "board")
