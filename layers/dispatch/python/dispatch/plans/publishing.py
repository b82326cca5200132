"""What the publish job is given, and what it says of it: a patch comes to its branch, and, on GitHub, before reviewers."""

from uuid import UUID

from dispatch import pulls, runs
from dispatch.kit.errors import StaleClaim
from dispatch.kit.shapes import Shape
from dispatch.kit.work import Work
from dispatch.plans.letters import unbound_letters
from dispatch.plans.pull_request import write_pull_request
from dispatch.pulls import Pull
from dispatch.runs import Patch, Published, Run


class PullRef(Shape):
    """A pull request that is open already."""

    number: int
    url: str


class ToApply(Shape):
    """A patch as the publish job needs it: its text, empty where it may not be applied, and the paths it may change.

    `lands_on`: the commit its branch has to stand on; None: the branch is new. `base_branch` None: the repository's own. `title` and
    `body` are for a new pull request; where `pull` is open already, a push is all it takes.
    """

    verdict: str
    reasons: list[str]
    branch: str
    base_commit: str | None
    lands_on: str | None
    base_branch: str | None
    files: list[str]
    title: str
    body: str
    pull: PullRef | None
    mbox: str


def get_publication(work: Work, run_id: UUID, *, generation: int) -> ToApply:
    """What there is to publish of this run. Raises NoPatch, StaleClaim."""
    patch, run = runs.get_patch(work, run_id), runs.get_run(work, run_id)
    if run.generation != generation:
        raise StaleClaim("That generation of the run is over.")
    text = write_pull_request(work, run, patch)
    pull = _open_pull(work, run, patch)
    return ToApply(
        verdict=patch.verdict,
        reasons=patch.reasons,
        branch=patch.branch,
        base_commit=run.base_commit,
        lands_on=patch.lands_on,
        base_branch=pull.base_branch if pull else None,
        files=[file.path for file in patch.files],
        title=text.title,
        body=text.body,
        pull=PullRef(number=pull.number, url=pull.url) if pull else None,
        mbox=unbound_letters(patch.mbox) if patch.verdict == "accepted" else "",
    )


def note_published(work: Work, run_id: UUID, published: Published) -> Patch:
    """The patch is known to stand on its branch, and the pull request it came to is known. Raises NoPatch, StaleClaim."""
    patch, run = runs.note_published(work, run_id, published), runs.get_run(work, run_id)
    if opened := published.pull:
        pulls.note_opened(
            work,
            issue_id=run.issue_id,
            run_id=run_id,
            repository=run.repository,
            number=opened.number,
            url=opened.url,
            title=write_pull_request(work, run, patch).title,
            branch=patch.branch,
            head_sha=opened.head_sha,
            base=opened.base,
            draft=opened.draft,
            at=work.now,
        )
    return patch


def _open_pull(work: Work, run: Run, patch: Patch) -> Pull | None:
    pull = pulls.find_by_branch(work, run.repository, patch.branch)
    return pull if pull and pull.state.is_open else None
