"""Artifacts: files that agents leave, given to browsers so that nothing in them acts."""

import re
from urllib.parse import quote
from uuid import UUID

from fastapi import Response

from dispatch import issues, runs
from dispatch.kit.shapes import Shape
from dispatch.runs import Artifact, NewArtifact
from functions.api.callers import OwnRun, Reader
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api", tags=["artifacts"])
HARMLESS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
}


class Artifacts(Shape):
    """Artifacts, newest first."""

    items: list[Artifact]


@router.post("/runs/{run}/artifacts", status_code=201)
def keep_artifact(work: TheWork, caller: OwnRun, run: UUID, artifact: NewArtifact) -> Artifact:
    """The file is kept; under a name that the run used already, in its place."""
    return runs.keep_artifact(work, run, artifact)


@router.get("/runs/{run}/artifacts")
def list_run_artifacts(work: TheWork, caller: Reader, run: UUID) -> Artifacts:
    """What the run left."""
    return Artifacts(items=runs.list_artifacts(work, run_id=runs.get_run(work, run).id))


@router.get("/issues/{ref}/artifacts")
def list_issue_artifacts(work: TheWork, caller: Reader, ref: str) -> Artifacts:
    """What the issue's runs left."""
    return Artifacts(items=runs.list_artifacts(work, issue_id=issues.get_issue_id(work, ref)))


@router.get("/artifacts/{artifact}", response_class=Response)
def read_artifact(work: TheWork, caller: Reader, artifact: UUID) -> Response:
    """What is in it: an image to be shown, anything else to be downloaded."""
    found = runs.get_artifact(work, artifact)
    headers = HARMLESS | {"Content-Disposition": _disposition(found)}
    return Response(runs.read_artifact(work, artifact), media_type=found.media_type, headers=headers)


def _disposition(artifact: Artifact) -> str:
    """Shown or downloaded, under the last part of its name (RFC 6266: in ASCII, and whole)."""
    name = artifact.name.replace("\\", "/").rsplit("/", 1)[-1] or "artifact"
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    kind = "inline" if artifact.media_type.startswith("image/") else "attachment"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
