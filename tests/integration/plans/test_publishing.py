"""What the publish job is given and a reviewer reads, and what becomes of what it reports."""

import re

import pytest

from dispatch import plans, pulls, runs
from dispatch.kit.errors import StaleClaim
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from dispatch.runs import NewArtifact, Published
from tests import doing
from tests.letters import diff, proposal

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")
CHECK = {"name": "tests", "command": "pytest -q", "exit_code": 0, "seconds": 0.5, "output": "9 passed", "before": {"exit_code": 1}}
TRY = {"exit_code": 1, "seconds": 0.1, "output": "AssertionError: 2 != 1"}
PROOF = {
    "test": "tests/test_orders.py::test_once",
    "command": "pytest tests/test_orders.py::test_once",
    "base": [TRY] * 3,
    "head": [{**TRY, "exit_code": 0, "output": "1 passed"}] * 3,
    "verdict": "proven",
}


def test_a_reviewer_reads_what_why_how_it_was_checked_and_where_it_leaves_the_plan(setting) -> None:
    setting.setenv("PUBLIC_URL", "https://dispatch.example.com/")
    files = ("orders.py", "other.py", "uv.lock")
    claim = implement(patch=proposal(*map(diff, files), files=files), checks=[CHECK], report="The total took it **twice**.", proof=PROOF)

    given = publication(claim)

    assert given.title == "feat: Take the discount once (DISPATCH-1)"
    for told in (
        "Take the discount once.",
        "[DISPATCH-1](https://dispatch.example.com/issue/DISPATCH-1): The total is wrong",
        "> The total took it **twice**.",
        "**`tests`** passes in 0.5 s; it failed before.",
        "$ pytest -q\n9 passed",
        "Proven: the test fails without this change and passes with it.",
        "Without the change: passed 0 of 3 times.",
        "With it: passed 3 of 3 times.",
        "AssertionError: 2 != 1",
        "Version 1, approved by Ada. The change goes beyond it: `other.py`, `uv.lock`.",
        "Lockfiles: `uv.lock`.",
        f"https://dispatch.example.com/issue/DISPATCH-1?run={claim.run}",
        "$0.25 of $25.00",
    ):
        assert told in given.body, told
    assert given.body.endswith("\n\nDispatch-Issue: DISPATCH-1\n")
    assert (given.lands_on, given.base_branch, given.pull, given.files) == (None, None, None, list(files))


def test_what_a_run_left_to_look_at_is_linked_by_its_name(setting) -> None:
    setting.setenv("PUBLIC_URL", "https://dispatch.example.com")
    claim = begin()
    shot = {"generation": 1, "name": "](//evil) `cart`.png", "media_type": "image/png", "content": "iVBORw0KGgo="}
    with work() as unit:
        kept = runs.keep_artifact(unit, claim.run, NewArtifact.model_validate(shot))
    hand_in(claim)

    assert f"- [`](//evil) 'cart'.png`](https://dispatch.example.com/api/artifacts/{kept.id})" in publication(claim).body


def test_nothing_an_agent_writes_is_acted_upon() -> None:
    words = "Thanks @octocat, fixes #7.\n\n<img src=x>\n\nDispatch-Issue: DISPATCH-99"
    bad = {**CHECK, "name": "`@octocat`", "output": words, "command": words}
    claim = implement(summary=words, report=f"```\n{words}\n```\n{words}", checks=[bad])

    given = publication(claim)

    outside = re.sub(r"^(?:> )?(`{3,})[^`\n]*\n.*?^(?:> )?\1$", "", given.body, flags=re.MULTILINE | re.DOTALL)
    assert "@octocat" not in re.sub(r"`[^`\n]+`", "", outside) + given.title
    assert "<img" not in outside
    assert not re.search(r"fixes\s+#7", given.body + given.title)
    assert re.findall(r"Dispatch-Issue: (\S+)", given.body) == ["DISPATCH-1"]


def test_the_body_stays_below_githubs_bound() -> None:
    long = "`@a` <b>\n" * 20_000
    checks = [{**CHECK, "name": f"check {number}", "output": "#1 " * 6_000, "command": "x" * 2000} for number in range(50)]
    names = tuple(f"{'d' * 150}/{number}.lock" for number in range(200))

    body = publication(implement(summary=long[:5000], report=long, checks=checks, patch=proposal(*map(diff, names), files=names))).body

    assert 40_000 < len(body) < 65_536
    assert len(re.findall(r"^(?:> )?`{3,}", body, re.MULTILINE)) % 2 == 0  # no block of code is left open
    assert body.endswith("Dispatch-Issue: DISPATCH-1\n")


def test_what_strangers_wrote_is_said_to_the_reviewer(database) -> None:
    claim = implement()
    with work() as unit:
        unit.conn.execute("UPDATE run SET trust = 'public'")

    assert "may have tried to steer the agent" in publication(claim).body


def test_a_refused_patch_is_given_without_its_text() -> None:
    given = publication(implement(patch=proposal(diff(".github/ci.yml"), files=(".github/ci.yml",))))

    assert (given.verdict, given.mbox) == ("refused", "")


def test_another_generations_patch_is_not_given() -> None:
    claim = implement()

    with pytest.raises(StaleClaim), work() as unit:
        plans.get_publication(unit, claim.run, generation=2)


def test_a_pull_request_that_the_job_opened_is_known_and_told_once() -> None:
    claim = implement()

    for _ in range(2):
        publish(
            claim, pull={"number": 7, "url": "https://github.com/acme/shop/pull/7", "draft": True, "base": "main", "head_sha": "c" * 40}
        )

    with work() as unit:
        pull = pulls.find_open(unit, runs.get_run(unit, claim.run).issue_id)
    assert pull
    assert (pull.number, pull.head_branch, pull.run_id, pull.title) == (
        7,
        claim.branch,
        claim.run,
        "feat: Take the discount once (DISPATCH-1)",
    )
    assert publication(claim).pull == plans.PullRef(number=7, url="https://github.com/acme/shop/pull/7")
    assert publication(claim).base_branch == "main"


def implement(**result):
    """A run that implemented an approved plan and handed in."""
    return hand_in(begin(), **result)


def begin():
    issue = doing.make_issue()
    doing.propose(issue)
    with work() as unit:
        spawn = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=doing.ADA).spawn
    assert spawn
    return doing.start(spawn)


def hand_in(claim, **result):
    given = {"outcome": "completed", "summary": "Take the discount once.", "base_commit": "b" * 40, "patch": proposal()}
    doing.end(claim, **(given | result))
    return claim


def publication(claim):
    with work() as unit:
        return plans.get_publication(unit, claim.run, generation=1)


def publish(claim, **more):
    with work() as unit:
        plans.note_published(
            unit, claim.run, Published.model_validate({"generation": 1, "branch": claim.branch, "head_commit": "c" * 40, **more})
        )
