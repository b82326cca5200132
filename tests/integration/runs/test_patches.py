"""The server's verdict on what a run hands in, in its order, and what becomes of it."""

import pytest

from dispatch import plans, runs
from dispatch.kit.work import work
from dispatch.plans import PlanDecision
from tests import doing
from tests.letters import HEAD, diff, proposal

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")
BASE = "b" * 40
SECRET = "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"


def test_a_patch_within_its_plan_is_accepted() -> None:
    patch = hand_in(proposal())

    assert (patch.verdict, patch.reasons, patch.drift, patch.lockfiles, patch.lands_on) == ("accepted", [], [], [], None)
    assert patch.branch.startswith("dispatch/dispatch-1-")


def test_the_reasons_stand_in_one_order() -> None:
    patch = hand_in(
        proposal(diff(".github/ci.yml", added=SECRET), "diff --git a/x b/x\nnew file mode 120000\n", files=(".github/ci.yml",)),
        base_commit=None,
        proof={"test": "t", "command": "pytest t", "verdict": "cheated", "reasons": ["It asserts nothing any more."]},
    )

    assert patch.verdict == "refused"
    assert patch.reasons == [
        "The hand-in does not say on which commit the patch stands.",
        "The patch changes x, which it did not name.",
        ".github/ci.yml is protected: agents do not change it.",
        "The patch makes a symbolic link or a submodule.",
        "The patch holds what looks like a secret.",
        "The proof was cheated: It asserts nothing any more.",
    ]


def test_a_refused_patch_is_kept_and_its_issue_waits_for_a_person() -> None:
    issue = doing.make_issue()

    patch = hand_in(proposal(diff(".github/ci.yml"), files=(".github/ci.yml",)), issue=issue)

    assert ".github/ci.yml" in patch.diff
    assert doing.issue_now(issue).status.name == "Needs Review"


def test_a_protected_file_is_seen_however_the_diff_spells_its_name() -> None:
    spelled = 'diff --git "a/.github/a\\"b.yml" "b/.github/a\\"b.yml"\nnew file mode 100644\n'

    assert hand_in(proposal(spelled, files=('.github/a"b.yml',))).reasons == ['.github/a"b.yml is protected: agents do not change it.']


def test_a_secret_in_a_commits_words_is_one_too() -> None:
    head = HEAD.replace("Take the discount once", f"Use {SECRET}")

    assert hand_in(proposal(head=head)).reasons == ["The patch holds what looks like a secret."]


def test_a_patch_that_git_would_not_have_written_is_refused() -> None:
    head = HEAD.rstrip() + "\nContent-Transfer-Encoding: base64\n\n"

    assert hand_in(proposal(head=head)).reasons == ["The patch is not in the form that git gives: a letter of it is encoded."]


def test_a_patch_of_fifty_megabytes_is_refused_with_its_size() -> None:
    patch = hand_in(proposal(diff(added="x" * 50 * 1024 * 1024)))

    assert patch.reasons == ["The patch has 50.0 MB; at most 5 MB can be reviewed."]


def test_what_lies_outside_the_plan_and_lockfiles_are_listed_not_refused() -> None:
    files = ("orders.py", "other.py", "web/package-lock.json")

    patch = hand_in(proposal(*(diff(path) for path in files), files=files))

    assert (patch.verdict, patch.drift, patch.lockfiles) == ("accepted", ["other.py", "web/package-lock.json"], ["web/package-lock.json"])


@pytest.mark.parametrize(("lines", "files", "reasons"), [(24, 1, 0), (25, 1, 1), (1, 4, 0), (1, 5, 1)])
def test_triage_fixes_only_what_is_small(lines: int, files: int, reasons: int) -> None:
    names = [f"f{number}.py" for number in range(files)]
    changes = f"@@ -1,{lines} +1,{lines} @@\n" + "-a\n" * lines + "+b\n" * lines
    claim = doing.start(doing.ask(doing.make_issue(), "auto-triage"))

    patch = end(claim, proposal(*(f"diff --git a/{name} b/{name}\n{changes}" for name in names), files=tuple(names)))

    assert len(patch.reasons) == reasons


def hand_in(patch, *, issue=None, **more):
    """An approved plan's implementation hands this patch in."""
    issue = issue or doing.make_issue()
    doing.propose(issue)
    with work() as unit:
        spawn = plans.decide_plan(unit, issue.id, PlanDecision(action="approve", version=1), actor=doing.ADA).spawn
    assert spawn
    return end(doing.start(spawn), patch, **more)


def end(claim, patch, **more):
    doing.end(claim, **{"outcome": "completed", "base_commit": BASE, "patch": patch, **more})
    with work() as unit:
        return runs.get_patch(unit, claim.run)
