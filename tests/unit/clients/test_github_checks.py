"""Whether somebody else than Actions checks a commit, with a token that may see it and with one that may not."""

from typing import Any

import pytest

from dispatch.clients import github_pulls
from tests.github_door import GitHub

COMMIT = "GET /repos/acme/shop/commits/abc"
NONE, ONE = (200, {"total_count": 0}), (200, {"total_count": 1})
UNSEEN = (403, {"message": "Resource not accessible by personal access token"})


@pytest.mark.parametrize(
    ("runs", "statuses", "has_any"),
    [(NONE, NONE, False), (ONE, NONE, True), (NONE, ONE, True), (UNSEEN, ONE, True), (UNSEEN, NONE, False), (UNSEEN, UNSEEN, False)],
)
def test_what_the_token_may_not_see_is_as_if_there_were_none(github_door: GitHub, runs: Any, statuses: Any, has_any: bool) -> None:
    github_door.answers[f"{COMMIT}/check-runs"] = runs
    github_door.answers[f"{COMMIT}/status"] = statuses

    assert github_pulls.has_other_checks("acme/shop", "abc") is has_any
