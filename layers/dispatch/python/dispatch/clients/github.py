"""GitHub's REST API as Dispatch: `call` and its kin carry the right token. A laptop answers like it, so people read "the runtime".

What is asked of Actions is in `github_actions`, of pull requests in `github_pulls`.
"""

from collections.abc import Generator, Mapping
from typing import Any

from dispatch.clients.github_access import NoAccess, forget_token, kind, token_for
from dispatch.clients.github_wire import NOTHING, Answer, BadCredentials, Limited, NoAnswer, NotThere, Refused, read_tail, repository_of
from dispatch.clients.github_wire import ask as ask_with
from dispatch.kit.settings import settings

__all__ = ["Answer", "Limited", "NoAccess", "NoAnswer", "NotThere", "Refused", "ask", "call", "kind", "pages", "tail", "web_page"]

PAGE = 100  # GitHub's largest


def call(method: str, path: str, body: Any = None, *, params: Mapping[str, str | int] | None = None, fine: frozenset[int] = NOTHING) -> Any:
    """The answer's JSON, None where it has none. `path` begins with `/repos/owner/name`; a status in `fine` is no refusal.

    Raises Refused (never again), NotThere (404), NoAnswer (again soon), Limited (again at `again_at`).
    """
    return ask(method, path, body, params=params, fine=fine).json


def ask(
    method: str, path: str, body: Any = None, *, params: Mapping[str, str | int] | None = None, fine: frozenset[int] = NOTHING
) -> Answer:
    """Like `call`, with status and headers. An App's token that GitHub takes no more is asked for anew, once."""
    repository = repository_of(path)
    try:
        return ask_with(method, path, body, token=token_for(repository), params=params, fine=fine)
    except BadCredentials:
        if not forget_token(repository):
            raise
        return ask_with(method, path, body, token=token_for(repository), params=params, fine=fine)


def pages(path: str, *, inside: str | None = None, params: Mapping[str, str | int] | None = None, most: int = 1000) -> Generator[Any]:
    """The items of a list, page by page, at most `most`. `inside` is the member that holds them, where the answer is no plain list."""
    for page in range(1, -(-most // PAGE) + 1):
        found = call("GET", path, params={**(params or {}), "per_page": PAGE, "page": page})
        items = found[inside] if inside else found
        yield from items[: most - (page - 1) * PAGE]
        if len(items) < PAGE:
            return


def tail(path: str, *, most: int = 100_000) -> str:
    """The last `most` bytes of a text, a job's log for one, wherever GitHub keeps it."""
    return read_tail(path, token=token_for(repository_of(path)), most=most)


def web_page(repository: str, *path: str) -> str:
    """A repository's page for people: on github.com, or on the server whose API is at GITHUB_API_URL."""
    server = settings().github_api_url.rstrip("/").removesuffix("/api/v3").replace("://api.", "://")
    return "/".join([server, repository, *path])
