"""The server's verdict on a patch, and its way to a branch. Refused means: kept, shown, not applied."""

import re
from uuid import UUID

from dispatch.kit.actors import SYSTEM, Actor, ActorKind
from dispatch.kit.errors import NotFound, StaleClaim
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.runs import masking, patch_store
from dispatch.runs.protocol import PatchProposal, Published, Unpublished
from dispatch.runs.service import announce, get_run, tell
from dispatch.runs.shapes import Patch, Run

MOST_BYTES = 5 * 1024 * 1024  # a change that a person can still review is far smaller
MOST_FILES = 300
PUBLISHER = Actor(kind=ActorKind.AGENT, name="publish")
# Files that decide what agents or CI may do: an agent does not write them.
PROTECTED = re.compile(
    r"^(?:\.github/|\.git/|\.gitmodules$|\.claude/|\.husky/|\.pre-commit-config\.yaml$|\.mcp\.json$|(?:.*/)?(?:CLAUDE|AGENTS)\.md$|\.gitattributes$)",
    re.IGNORECASE,
)
DIFF_PATH = re.compile(r'^(?:diff --git "?a/(?P<a>[^\n"]+?)"? "?b/(?P<b>[^\n"]+?)"?|rename (?:from|to) (?P<r>[^\n]+))$', re.MULTILINE)
SYMLINK_OR_SUBMODULE = re.compile(
    r"^(?:new file mode|new mode|old mode) (?:120000|160000)$|^index [0-9a-f]+\.\.[0-9a-f]+ (?:120000|160000)$", re.MULTILINE
)


class NoPatch(NotFound):
    """This run has proposed no patch."""


def branch_name(run: Run) -> str:
    """Where the run's patch goes: `dispatch/dispatch-12-0192ab34`. Fresh for each run; never the base branch."""
    return f"dispatch/{run.identifier.lower()}-{str(run.id).replace('-', '')[-8:]}"


def propose_patch(work: Work, run: Run, proposal: PatchProposal) -> Patch:
    """The patch is kept with the server's verdict on it."""
    reasons = _objections(proposal)
    patch_store.insert_patch(
        work.conn,
        run.id,
        proposal,
        verdict="refused" if reasons else "accepted",
        reasons=reasons,
        branch=branch_name(run),
        at=work.now,
    )
    tell(
        work,
        run,
        Event.PATCH_PROPOSED,
        actor=SYSTEM,
        verdict="refused" if reasons else "accepted",
        reasons=reasons,
        files=[file.path for file in proposal.files][:50],
    )
    return get_patch(work, run.id)


def find_patch(work: Work, run_id: UUID) -> Patch | None:
    """The run's patch with its verdict; None where it proposed none."""
    return patch_store.select_patch(work.conn, run_id)


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
    reason = masking.mask(unpublished.reason)
    if patch_store.set_unpublished(work.conn, run_id, reason):
        tell(work, run, Event.PATCH_UNPUBLISHED, actor=PUBLISHER, branch=patch.branch, reason=reason)
        announce(work, run)
    return get_patch(work, run_id)


def _objections(proposal: PatchProposal) -> list[str]:
    """Why the patch may not be applied, a sentence each; none where it may.

    It names the files it changes, and the publish job holds it to them: reading its text, as git would, is more than can be done here.
    """
    text = proposal.mbox
    if len(text.encode()) > MOST_BYTES:
        return [f"The patch has more than {MOST_BYTES // 1024 // 1024} MB."]
    paths = _paths(text) | {file.path for file in proposal.files}
    objections: list[str] = []
    if len(paths) > MOST_FILES:
        objections.append(f"The patch touches more than {MOST_FILES} files.")
    objections += [f"{path} is protected: agents do not change it." for path in sorted(paths) if PROTECTED.match(path)]
    objections += [f"{path} leads out of the repository." for path in sorted(paths) if path.startswith("/") or ".." in path.split("/")]
    if SYMLINK_OR_SUBMODULE.search(text):
        objections.append("The patch makes a symbolic link or a submodule.")
    added = "\n".join(line for line in text.splitlines() if line.startswith("+"))
    if masking.SECRET.search(added):
        objections.append("The patch holds what looks like a secret.")
    return objections


def _paths(text: str) -> set[str]:
    return {path for match in DIFF_PATH.finditer(text) for path in match.groups() if path}
