"""Whose token a call to GitHub carries: GITHUB_TOKEN's, or a GitHub App's for its installation in that repository."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal

from dispatch.clients.github_wire import NotThere, Refused, ask
from dispatch.kit import clock
from dispatch.kit.settings import settings

# The least that starting, watching and repairing need. What the jobs themselves do, their own token does.
PERMISSIONS = MappingProxyType({"actions": "write", "contents": "read", "pull_requests": "read"})
WELCOME = MappingProxyType({"deployments": "read"})  # heals what webhooks missed; an App may have been installed without it
CLOCKS_DIFFER = timedelta(seconds=60)  # GitHub refuses what was signed in its future
SIGNED_FOR = timedelta(minutes=9)  # GitHub takes 10 at most
SPARE = timedelta(minutes=5)  # a token that ends sooner is not begun with


class NoAccess(Refused):
    """Dispatch has no access to GitHub. Set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY."""


class BadAppKey(Refused):
    """GITHUB_APP_PRIVATE_KEY cannot be read. It must be the App's private key, a PEM, its lines kept or written as \\n."""


class NotInstalled(Refused):
    """The GitHub App is not installed in the repository."""


@dataclass(frozen=True, slots=True)
class InstallationToken:
    """A token of the App's installation, until it ends."""

    secret: str
    ends_at: datetime


_held: dict[tuple[str, str], InstallationToken] = {}  # by App and repository; a second process asks for its own
_asking = Lock()


def kind() -> Literal["token", "app", "none"]:
    """By what Dispatch is known to GitHub. Where both are set, the token counts."""
    if settings().github_token.get_secret_value():
        return "token"
    return "app" if settings().github_app_id else "none"


def token_for(repository: str) -> str:
    """A token good for this repository. Raises NoAccess, BadAppKey, NotInstalled, and as the calls to GitHub do."""
    match kind():
        case "token":
            return settings().github_token.get_secret_value()
        case "none":
            raise NoAccess
        case "app":
            return _installation_token(repository)


def forget_token(repository: str) -> bool:
    """The App's token for this repository is asked for anew; False where there is none that could be."""
    return _held.pop((settings().github_app_id, repository), None) is not None


def get_installation(repository: str) -> dict[str, Any]:
    """The App's installation in this repository: its `id` and the `permissions` it was given. Raises NotInstalled."""
    try:
        return ask("GET", f"/repos/{repository}/installation", token=_sign()).json
    except NotThere as error:
        raise NotInstalled(f"The GitHub App {settings().github_app_id} is not installed in {repository}. Install it there.") from error


def _installation_token(repository: str) -> str:
    """One thread asks; whoever else needs the same waits for it."""
    key = (settings().github_app_id, repository)
    with _asking:
        held = _held.get(key)
        if held is None or held.ends_at - SPARE < clock.now():
            held = _held[key] = _ask_for_token(repository)
    return held.secret


def _ask_for_token(repository: str) -> InstallationToken:
    installation = settings().github_app_installation_id or get_installation(repository)["id"]
    path, wanted = f"/app/installations/{installation}/access_tokens", {"repositories": [repository.partition("/")[2]]}
    try:
        given = ask("POST", path, {**wanted, "permissions": {**PERMISSIONS, **WELCOME}}, token=_sign(), fine=frozenset({422})).json
        if "token" not in given:  # GitHub gives no permission that the installation lacks, and then gives no token
            given = ask("POST", path, {**wanted, "permissions": dict(PERMISSIONS)}, token=_sign()).json
    except NotThere as error:
        raise NotInstalled(f"The GitHub App {settings().github_app_id} has no installation {installation}.") from error
    return InstallationToken(given["token"], datetime.fromisoformat(given["expires_at"]))


def _sign() -> str:
    """What proves that we are the App, for a few minutes."""
    import jwt  # 90 ms of CPU with its cryptography

    now = clock.now()
    claims = {"iss": settings().github_app_id, "iat": now - CLOCKS_DIFFER, "exp": now + SIGNED_FOR}
    try:
        return jwt.encode(claims, settings().github_app_private_key.get_secret_value().replace("\\n", "\n"), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise BadAppKey from error
