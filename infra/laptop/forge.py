"""What GitHub's REST API tells of a repository itself, read from the folder on this machine: its commits, and what was merged."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from infra.laptop import commits, merges
from infra.laptop.repository import base_branch

Answer = Callable[[Request, Any], Response]


class Refusal(Exception):
    """GitHub's way to say no: a status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Forge:
    """The repository's name and folder, the file that merges are kept in, and where people look: no commit has a page here."""

    name: str
    repository: Path
    register: Path
    public_url: str

    def addresses(self) -> dict[str, Answer]:
        """Who answers to a GET below the repository's path."""
        return {
            "": self._describe,
            "/pulls": self._list_pulls,
            "/deployments": lambda _request, _body: JSONResponse([]),  # people tell of them
            "/commits": self._list_commits,
            "/commits/{ref:path}": self._show_commit,
            "/compare/{base:path}...{head:path}": self._compare,
        }

    def _describe(self, _request: Request, _body: Any) -> Response:
        return JSONResponse({"full_name": self.name, "default_branch": base_branch(self.repository)})

    def _list_pulls(self, request: Request, _body: Any) -> Response:
        """Open ones there are none: here are branches."""
        if request.query_params.get("page", "1") != "1":
            return JSONResponse([])
        base = base_branch(self.repository)
        merged = merges.list_merged(self.repository, self.register, base=base)
        pages = f"{self.public_url}/issue/"  # GitHub's page of a pull request; ours is the issue's
        return JSONResponse([merges.show(merge, name=self.name, base=base, page=pages + merge.identifier) for merge in merged])

    def _list_commits(self, request: Request, _body: Any) -> Response:
        return _found(commits.list_commits(self.repository, "", request.query_params, branch=base_branch(self.repository)))

    def _show_commit(self, request: Request, _body: Any) -> Response:
        return _found(commits.show_commit(self.repository, "", request.path_params["ref"]))

    def _compare(self, request: Request, _body: Any) -> Response:
        words = request.path_params
        return _found(commits.compare(self.repository, "", words["base"], words["head"], request.query_params))


def _found(answer: Any) -> Response:
    if answer is None:
        raise Refusal(404, "Not Found")
    return JSONResponse(answer)
