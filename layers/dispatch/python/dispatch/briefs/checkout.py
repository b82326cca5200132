"""Where a run begins, if not on the repository's base: on the work it goes on with, or on the work it tests."""

from dispatch import pulls, runs
from dispatch.kit.work import Work
from dispatch.runs import Checkout, Run, workflow_named

TESTS_WORK = {"qa-test"}  # what was built, not what it was built on


def find_checkout(work: Work, run: Run) -> Checkout | None:
    """The branch and commit that hold the work so far; None where there is none, or the workflow begins afresh."""
    if run.workflow in TESTS_WORK:
        return _of_newest(work, run)
    return _of_continued(work, runs.get_run(work, run.continues)) if run.continues else None


def _of_continued(work: Work, continued: Run) -> Checkout | None:
    """Where the continued run's patch stands; or, where it left none, what it began on itself. None once it is merged or closed.

    What a run only looked at may be a branch of somebody's own: nobody goes on with that.
    """
    begun_on = continued.checkout if workflow_named(continued.workflow).writes_code else None
    left = _of_patch(work, continued) or begun_on
    pull = pulls.find_by_branch(work, continued.repository, left.branch) if left else None
    if left is None or pull is None:
        return left
    return Checkout(branch=left.branch, commit=pull.head_sha) if pull.state.is_open else None


def _of_newest(work: Work, run: Run) -> Checkout | None:
    if pull := pulls.find_open(work, run.issue_id):
        return Checkout(branch=pull.head_branch, commit=pull.head_sha)
    patch = runs.find_published(work, run.issue_id)
    return Checkout(branch=patch.branch, commit=patch.head_commit) if patch and patch.head_commit else None


def _of_patch(work: Work, continued: Run) -> Checkout | None:
    patch = runs.find_patch(work, continued.id)
    return Checkout(branch=patch.branch, commit=patch.head_commit) if patch and patch.published_at and patch.head_commit else None
