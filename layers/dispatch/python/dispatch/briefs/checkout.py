"""Where a run begins, if not on the repository's base: on the work it goes on with, or on the work it tests."""

from dispatch import runs
from dispatch.kit.work import Work
from dispatch.runs import Checkout, Patch, Run

TESTS_WORK = {"qa-test"}  # what was built, not what it was built on


def find_checkout(work: Work, run: Run) -> Checkout | None:
    """The branch and commit that hold the work so far; None where there is none, or the workflow begins afresh."""
    if run.continues:
        return _of_continued(work, runs.get_run(work, run.continues))
    return _of_patch(runs.find_published(work, run.issue_id)) if run.workflow in TESTS_WORK else None


def _of_continued(work: Work, continued: Run) -> Checkout | None:
    """Where the continued run's patch stands; or, where it left none, what it began on itself."""
    return _of_patch(runs.find_patch(work, continued.id)) or continued.checkout


def _of_patch(patch: Patch | None) -> Checkout | None:
    return Checkout(branch=patch.branch, commit=patch.head_commit) if patch and patch.published_at and patch.head_commit else None
