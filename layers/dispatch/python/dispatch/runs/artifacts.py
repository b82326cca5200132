"""Files that a run leaves for people to look at: screenshots, reports. How a browser is given them is the door's."""

from uuid import UUID

from dispatch.kit import masking
from dispatch.kit.ids import new_id
from dispatch.kit.work import Work
from dispatch.runs import artifact_store
from dispatch.runs.artifact_shapes import MOST_ARTIFACTS, Artifact, ArtifactNotFound, NewArtifact, TooManyArtifacts
from dispatch.runs.events import publish_line
from dispatch.runs.service import hold_claim

TEXTS = ("text/", "application/json")


def keep_artifact(work: Work, run_id: UUID, new: NewArtifact) -> Artifact:
    """The file is kept with its run, secrets in texts masked, and its stream says so. Raises StaleClaim, TooManyArtifacts."""
    run = hold_claim(work, run_id, new.generation)
    if artifact_store.count_others(work.conn, run_id, name=new.name) >= MOST_ARTIFACTS:
        raise TooManyArtifacts
    content = _masked(new.content) if new.media_type.startswith(TEXTS) else new.content
    kept = artifact_store.put_artifact(work.conn, new_id(), run_id, name=new.name, media_type=new.media_type, content=content, at=work.now)
    publish_line(work, run, f"Kept for people to look at: {new.name}", artifact=kept)
    return get_artifact(work, kept)


def get_artifact(work: Work, artifact_id: UUID) -> Artifact:
    """The artifact, without what is in it. Raises ArtifactNotFound."""
    found = artifact_store.select_artifacts(work.conn, artifact_id=artifact_id)
    if not found:
        raise ArtifactNotFound
    return found[0]


def read_artifact(work: Work, artifact_id: UUID) -> bytes:
    """What is in the artifact. Raises ArtifactNotFound."""
    content = artifact_store.select_content(work.conn, artifact_id)
    if content is None:
        raise ArtifactNotFound
    return content


def list_artifacts(work: Work, *, run_id: UUID | None = None, issue_id: UUID | None = None) -> list[Artifact]:
    """What the run, or all runs of the issue, left, newest first; at most 500."""
    return artifact_store.select_artifacts(work.conn, run_id=run_id, issue_id=issue_id)


def _masked(content: bytes) -> bytes:
    return masking.mask_secrets(content.decode(errors="surrogateescape")).encode(errors="surrogateescape")
