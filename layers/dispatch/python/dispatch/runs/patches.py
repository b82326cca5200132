"""A patch and its way to a branch. Refused means: kept, shown, not applied. Why it may be refused: `verdict.py`."""

from uuid import UUID

from dispatch.kit import masking
from dispatch.kit.actors import SYSTEM, Actor, ActorKind
from dispatch.kit.errors import NotFound, StaleClaim
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import patch_store
from dispatch.runs.patch_shapes import Patch
from dispatch.runs.protocol import PatchProposal, Published, Result, Unpublished
from dispatch.runs.service import announce, get_run, tell
from dispatch.runs.shapes import Run
from dispatch.runs.verdict import judge

PUBLISHER = Actor(kind=ActorKind.AGENT, name="publish")


class NoPatch(NotFound):
    """This run has proposed no patch."""


def branch_name(run: Run) -> str:
    """Where the run's patch goes: the branch it goes on with, or a fresh `dispatch/dispatch-12-0192ab34`; never the base branch."""
    return run.checkout.branch if run.checkout else f"dispatch/{run.identifier.lower()}-{str(run.id).replace('-', '')[-8:]}"


def propose_patch(work: Work, run: Run, result: Result, proposal: PatchProposal) -> Patch:
    """The patch is kept with the server's verdict on it."""
    planned = patch_store.select_planned_files(work.conn, run.plan_id) if run.plan_id else None
    judged = judge(run, result, proposal, planned=planned)
    lands_on = run.checkout.commit if run.checkout else None
    patch_store.insert_patch(work.conn, run.id, proposal, judged, branch=branch_name(run), lands_on=lands_on, at=work.now)
    files = [file.path for file in proposal.files][:50]
    tell(
        work, run, Event.PATCH_PROPOSED, actor=SYSTEM, verdict=judged.verdict, reasons=judged.reasons, files=files, drift=judged.drift[:50]
    )
    return get_patch(work, run.id)


def find_patch(work: Work, run_id: UUID) -> Patch | None:
    """The run's patch with its verdict; None where it proposed none."""
    return patch_store.select_patch(work.conn, run_id)


def find_published(work: Work, issue_id: UUID) -> Patch | None:
    """The issue's newest patch that stands on a branch; None where none does."""
    return patch_store.select_published(work.conn, issue_id)


def get_patch(work: Work, run_id: UUID) -> Patch:
    """The run's patch with its verdict. Raises NoPatch."""
    patch = find_patch(work, run_id)
    if patch is None:
        raise NoPatch
    return patch


def note_published(work: Work, run_id: UUID, published: Published) -> Patch:
    """The patch is known to stand on its branch; told once, however often it is said. Raises NoPatch, StaleClaim."""
    run = get_run(work, run_id, lock=True)
    patch = get_patch(work, run_id)
    if run.generation != published.generation or patch.verdict != "accepted" or published.branch != patch.branch:
        raise StaleClaim("This is not the branch that was agreed.")
    if patch.published_at is None:
        patch_store.set_published(work.conn, run_id, published, at=work.now)
        tell(work, run, Event.PATCH_PUBLISHED, actor=PUBLISHER, branch=published.branch, commit=published.head_commit)
        announce(work, get_run(work, run_id))
    return get_patch(work, run_id)


def note_unpublished(work: Work, run_id: UUID, unpublished: Unpublished) -> Patch:
    """People know that the patch will not come to its branch by itself, and why; told once. Raises NoPatch, StaleClaim.

    Of a patch that stands on its branch already, nothing is told.
    """
    run = get_run(work, run_id, lock=True)
    patch = get_patch(work, run_id)
    if run.generation != unpublished.generation or patch.verdict != "accepted":
        raise StaleClaim("This patch was not to be published.")
    reason = masking.mask_secrets(unpublished.reason)
    if patch_store.set_unpublished(work.conn, run_id, reason):
        tell(work, run, Event.PATCH_UNPUBLISHED, actor=PUBLISHER, branch=patch.branch, reason=reason)
        announce(work, run)
    return get_patch(work, run_id)
