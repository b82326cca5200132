"""GitHub's forms in our words."""

import pytest

from dispatch.clients.github_pulls import PULL_TRIGGER, Unreadable, read_ci_run, read_pull, read_review
from tests import hooks


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("queued", None, "waiting"),
        ("in_progress", None, "waiting"),
        ("requested", None, "waiting"),
        ("waiting", None, "held"),
        ("completed", "action_required", "held"),
        ("completed", "success", "passing"),
        ("completed", "skipped", "passing"),
        ("completed", "failure", "failing"),
        ("completed", "timed_out", "failing"),
        ("completed", "startup_failure", "failing"),
        ("completed", "cancelled", "void"),
    ],
)
def test_a_check_is_one_of_five_things(status, conclusion, state):
    assert read_ci_run(hooks.ci_run() | {"status": status, "conclusion": conclusion}, "acme/shop").state == state


def test_a_pull_request_whose_fork_and_author_are_gone_is_read_as_a_strangers():
    given = hooks.pull() | {"user": None, "author_association": "NONE"}
    given["head"] |= {"repo": None}

    found = read_pull(given)

    assert (found.author, found.can_write, found.is_fork) == (None, False, True)


@pytest.mark.parametrize("garbage", [None, [], {}, "pull", {"number": 1, "head": 3}, {**hooks.pull(), "updated_at": "yesterday"}])
def test_what_cannot_be_read_is_said_so(garbage):
    for read in (read_pull, read_review, lambda given: read_ci_run(given, "acme/shop")):
        with pytest.raises(Unreadable):
            read(garbage)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("on: pull_request", True),
        ("on: [push, pull_request]", True),
        ("on:\n  push:\n  pull_request:\n    branches: [main]", True),
        ("on:\n  - push\n  - pull_request", True),
        ('"on":\n  "pull_request":', True),
        ("on:\n  pull_request_target:", True),
        ("on: push", False),
        ("on:\n  pull_request_review:", False),
        ("on: push\njobs:\n  a:\n    steps:\n      - run: echo not for a pull_request", False),
    ],
)
def test_a_workflow_that_pull_requests_start_is_told_by_its_text(text, runs):
    assert bool(PULL_TRIGGER.search(text)) is runs
