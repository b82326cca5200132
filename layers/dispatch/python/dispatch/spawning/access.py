"""How this instance stands to its repository at GitHub: what is missing is said here, before the first run fails of it.

Nothing is changed by asking, so what only a write could show stays unknown.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any, Literal

from dispatch import deliveries
from dispatch.clients import github, github_access, github_oidc
from dispatch.clients.github_access import PERMISSIONS
from dispatch.deliveries import DeliveryFilter
from dispatch.kit.errors import DispatchError
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape
from dispatch.kit.work import work
from dispatch.runs import WORKFLOWS
from dispatch.spawning.access_deployments import describe_deployments

RUNNER_VERSION = "3"  # of workflows/agent, as `dispatch workflows install` stamps it
MANIFEST = ".github/dispatch/manifest.json"
LEVELS = ("read", "write", "admin")  # each includes the one before
PROBES = {"actions": "actions/workflows", "contents": "commits", "pull_requests": "pulls"}  # what each permission lets be read


class AccessCheck(Shape):
    """One thing that has to be so. `ok` None: it cannot be known; `detail` says what is, or what to do."""

    name: str
    ok: bool | None
    detail: str


class Access(Shape):
    """How this instance stands to its repository."""

    repository: str
    auth: Literal["token", "app", "none"]
    checks: list[AccessCheck]


@dataclass(frozen=True, slots=True)
class Repository:
    """What GitHub tells about the repository, and the token's classic scopes; None where it has none."""

    about: dict[str, Any]
    scopes: set[str] | None


def check_access() -> Access:
    """Everything that agents on GitHub need, looked at now. Opens a work of its own, and none while GitHub is asked."""
    first, repository = _check_repository()
    return Access(
        repository=settings().github_repo,
        auth=github.kind(),
        checks=[
            *first,
            *_check_permissions(repository),
            *_check_workflows(is_seen=repository is not None),
            *_check_webhook(),
            *_check_deployments(is_seen=repository is not None),
            _check_keys(),
            _check_address(),
        ],
    )


def _check_repository() -> tuple[list[AccessCheck], Repository | None]:
    name = settings().github_repo
    if not name:
        return [_said("repository", "Set GITHUB_REPO to the repository, as owner/name.", ok=False)], None
    try:
        answer = github.ask("GET", f"/repos/{name}")
    except github.NotThere:
        unseen = f"The token does not see {name}, or there is no such repository."
        return [_said("token", "GitHub takes it.", ok=True), _said("repository", unseen, ok=False)], None
    except github.Refused as refusal:
        return [_said("token", refusal.sentence, ok=False), _unknown("repository")], None
    except github.NoAnswer as silence:
        return [_said("token", silence.sentence, ok=None), _unknown("repository")], None
    scopes = answer.headers.get("x-oauth-scopes")
    ends = answer.headers.get("github-authentication-token-expiration")
    fine = [
        _said("token", f"GitHub takes it{f'; it ends on {ends}' if ends else ''}.", ok=True),
        _said("repository", f"{name} is seen; its default branch is {answer.json.get('default_branch')}.", ok=True),
    ]
    return fine, Repository(answer.json, {scope.strip() for scope in scopes.split(",")} if scopes is not None else None)


def _check_permissions(repository: Repository | None) -> list[AccessCheck]:
    return [_check_permission(name, level, repository) for name, level in PERMISSIONS.items()]


def _check_permission(name: str, level: str, repository: Repository | None) -> AccessCheck:
    what = f"permission {name}: {level}"
    if github.kind() == "app":
        return _check_installation(what, name, level)
    if repository is None:
        return _unknown(what)
    if level == "write" and repository.about.get("permissions", {}).get("push") is False:
        return _said(what, "Whoever made the token may not write to the repository.", ok=False)
    if repository.scopes is not None:
        return _check_scopes(what, repository)
    return _probe(what, name, level)


def _check_installation(what: str, name: str, level: str) -> AccessCheck:
    try:
        given = github_access.get_installation(settings().github_repo)["permissions"].get(name)
    except DispatchError as error:
        return _said(what, error.sentence, ok=None)
    if given in LEVELS and LEVELS.index(given) >= LEVELS.index(level):
        return _said(what, f"The App has {given}.", ok=True)
    return _said(what, "Give it to the App, then accept it where the App is installed.", ok=False)


def _check_scopes(what: str, repository: Repository) -> AccessCheck:
    """Classic tokens have scopes instead of permissions: one for everything, one for all that is public."""
    scopes = repository.scopes or set[str]()
    is_enough = "repo" in scopes or ("public_repo" in scopes and not repository.about.get("private", True))
    told = f"The token's scopes are {', '.join(sorted(scopes - {''})) or 'none'}"
    return _said(what, f"{told}." if is_enough else f"{told}; it needs repo.", ok=is_enough)


def _probe(what: str, name: str, level: str) -> AccessCheck:
    """A fine-grained token does not tell what it may; what it may read can be seen by reading."""
    path = f"/repos/{settings().github_repo}/{PROBES[name]}"
    try:
        github.ask("GET", path, params={"per_page": 1}, fine=frozenset({409}))  # what an empty repository answers
    except github.NotThere:
        return _unknown(what)
    except github.Refused as refusal:
        return _said(what, refusal.sentence, ok=False)
    except github.NoAnswer as silence:
        return _said(what, silence.sentence, ok=None)
    if level == "read":
        return _said(what, "It was read.", ok=True)
    return _said(what, "It can be read. Whether also written only a write would show: look at the token's page.", ok=None)


def _check_workflows(*, is_seen: bool) -> list[AccessCheck]:
    if not is_seen:
        return [_unknown(f"workflow {name}") for name in WORKFLOWS]
    try:
        found = github.pages(f"/repos/{settings().github_repo}/actions/workflows", inside="workflows")
        states = {workflow["path"]: workflow["state"] for workflow in found}
        version = _find_version()
    except github.NotThere:
        states, version = {}, None
    except (github.Refused, github.NoAnswer) as error:
        return [_said(f"workflow {name}", error.sentence, ok=None) for name in WORKFLOWS]
    return [_check_workflow(name, states.get(f".github/workflows/{name}.yml"), version) for name in WORKFLOWS]


def _check_workflow(name: str, state: str | None, version: str | None) -> AccessCheck:
    what, install = f"workflow {name}", "run `dispatch workflows install` there and push it"
    if state is None:
        return _said(what, f"It is not on the default branch: {install}.", ok=False)
    if state != "active":
        return _said(what, f"It is switched off at GitHub ({state}). Switch it on there.", ok=False)
    if version is None:
        return _said(what, f"It is there, but there is no {MANIFEST} that tells its version: {install}.", ok=False)
    if version != RUNNER_VERSION:
        return _said(what, f"Its runner has version {version[:20]}, and this instance {RUNNER_VERSION}: {install}.", ok=False)
    return _said(what, f"It is there, with version {version} of the runner.", ok=True)


def _find_version() -> str | None:
    """What the repository's manifest says of the runner there; None where there is none that can be read."""
    params = {"ref": settings().github_ref} if settings().github_ref else None
    path = f"/repos/{settings().github_repo}/contents/{MANIFEST}"
    found = github.ask("GET", path, params=params, fine=frozenset({404}))
    try:
        return str(json.loads(base64.b64decode(found.json["content"]))["version"])
    except (ValueError, KeyError, TypeError):
        return None


def _check_webhook() -> list[AccessCheck]:
    is_set = bool(settings().github_webhook_secret.get_secret_value())
    unset = "Set GITHUB_WEBHOOK_SECRET, here and with the webhook at GitHub. Until then its door is closed."
    return [_said("webhook secret", "It is set." if is_set else unset, ok=is_set), _check_delivery()]


def _check_delivery() -> AccessCheck:
    with work() as unit:
        newest = deliveries.list_deliveries(unit, DeliveryFilter(source="github"), limit=1).items
    if newest:
        return _said("last delivery", f"{newest[0].event}, {newest[0].received_at:%Y-%m-%d %H:%M} UTC.", ok=True)
    return _said("last delivery", "None in 30 days. The webhook's page at GitHub tells what it tried.", ok=None)


def _check_deployments(*, is_seen: bool) -> list[AccessCheck]:
    if not is_seen:
        return [_unknown("deployments")]
    ok, detail = describe_deployments()
    return [_said("deployments", detail, ok=ok)]


def _check_keys() -> AccessCheck:
    try:
        keys = github_oidc.fetch_keys()
    except github_oidc.NoKeys as error:
        return _said("keys that verify jobs", error.sentence, ok=False)
    return _said("keys that verify jobs", f"{len(keys)} at {settings().github_oidc_issuer}.", ok=bool(keys))


def _check_address() -> AccessCheck:
    url = settings().public_url
    if url.startswith("https://"):
        return _said("public address", f"{url} is what jobs and webhooks are to call.", ok=True)
    return _said("public address", f"PUBLIC_URL is {url}. Jobs on GitHub's machines need an https address that they can reach.", ok=False)


def _said(name: str, detail: str, *, ok: bool | None) -> AccessCheck:
    return AccessCheck(name=name, ok=ok, detail=detail)


def _unknown(name: str) -> AccessCheck:
    return _said(name, "It cannot be looked at.", ok=None)
