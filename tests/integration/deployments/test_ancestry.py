"""Which commit holds which: asked once, kept, and asked again where GitHub could not say."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from dispatch import deployments
from dispatch.kit.work import close_connection, work
from tests import hooks
from tests.github_door import GitHub

FIX, DEPLOYED = hooks.SHA, hooks.OTHER_SHA
COMPARE = f"GET /repos/acme/shop/compare/{FIX}...{DEPLOYED}"


def ask() -> bool | None:
    return deployments.contains("acme/shop", FIX, DEPLOYED)


def known() -> bool | None:
    with work() as unit:
        return deployments.known_to_contain(unit, "acme/shop", FIX, DEPLOYED)


@pytest.mark.parametrize(("status", "holds"), [("ahead", True), ("identical", True), ("behind", False), ("diverged", False)])
def test_what_github_says_is_kept_and_it_is_not_asked_again(github: GitHub, status, holds):
    github.answers[COMPARE] = (200, {"status": status})

    assert [known(), ask(), known(), ask()] == [None, holds, holds, holds]
    assert len(github.calls("GET")) == 1


def test_a_commit_holds_itself_and_nobody_is_asked(github: GitHub):
    assert deployments.contains("acme/shop", FIX, FIX) is True
    assert github.asked == []


def test_a_commit_that_github_does_not_know_is_asked_about_again_ever_more_seldom(github: GitHub, clock):
    asked_at = []
    for minute in range(40):
        before = len(github.asked)
        assert ask() is None
        asked_at += [minute] * (len(github.asked) - before)
        clock.travel(minutes=1)
    assert asked_at == [0, 1, 3, 7, 15, 31]

    github.answers[COMPARE] = (200, {"status": "ahead"})
    clock.travel(hours=1)

    assert ask() is True


def test_a_rate_limit_is_waited_for(github: GitHub, clock):
    github.answers[COMPARE] = (429, {"message": "rate limit"}, {"retry-after": "600"})
    assert ask() is None
    github.answers[COMPARE] = (200, {"status": "ahead"})

    clock.travel(minutes=9)
    assert ask() is None
    clock.travel(minutes=2)
    assert ask() is True


@pytest.mark.parametrize("answer", [(500, {}), (403, {"message": "Resource not accessible"}), (200, {"status": "odd"}), (200, [])])
def test_no_answer_and_one_that_cannot_be_read_are_no_error(github: GitHub, answer):
    github.answers[COMPARE] = answer

    assert ask() is None


def test_two_who_ask_at_once_hear_the_same(github: GitHub):
    github.answers[COMPARE] = (200, {"status": "ahead"})

    def in_a_thread(_: int) -> bool | None:
        try:
            return ask()
        finally:
            close_connection()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(in_a_thread, range(8))) == [True] * 8
    assert known() is True
