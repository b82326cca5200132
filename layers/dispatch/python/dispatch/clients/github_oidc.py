"""What GitHub vouches for: a job's OIDC token, verified against the keys GitHub publishes. What it may open is decided above."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from dispatch.kit import clock
from dispatch.kit.errors import NotSignedIn, Unavailable
from dispatch.kit.settings import settings

ALGORITHM = "RS256"  # the one GitHub signs with; what a token says of itself is not asked
KEYS_ARE_FRESH = timedelta(hours=1)
KEYS_STILL_SERVE = timedelta(hours=24)  # where GitHub does not answer: a key it has withdrawn is good for so long at most
STRANGERS_GAP = timedelta(minutes=1)  # a key nobody knows has them fetched anew, but not more often than this
FAILURE_GAP = timedelta(seconds=5)
LEEWAY_S = 30  # by which clocks differ
TIMEOUT_S = 5
LONGEST = 10_000  # characters; GitHub's have about 2,000
NEEDED = ["exp", "iat", "nbf", "iss", "aud"]


class Unverified(NotSignedIn):
    """This job's token cannot be verified."""


class NoKeys(Unavailable):
    """The keys that verify jobs cannot be had from GitHub. Try again soon."""


@dataclass(slots=True)
class Keys:
    """The published keys by their id, and when they came; `next_at` is when they may be asked for again."""

    by_id: dict[str, Any]
    came_at: datetime
    next_at: datetime


_held: dict[str, Keys] = {}  # by issuer; a second process fetches its own
_fetching = Lock()


def verify(token: str, *, audience: str) -> dict[str, Any]:
    """The claims of a token that GitHub has signed for this audience, and that has not expired. Raises Unverified, NoKeys."""
    import jwt  # 90 ms of CPU with its cryptography: only who verifies pays for it

    if len(token) > LONGEST:
        raise Unverified("This is no job's token: it is too long.")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise Unverified("This is no job's token: it cannot be read.") from error
    if header.get("alg") != ALGORITHM:
        raise Unverified(f"This job's token is not signed with {ALGORITHM}.")
    key = _find_key(str(header.get("kid", "")))
    if key is None:
        raise Unverified("This job's token is signed with a key that GitHub does not publish.")
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=settings().github_oidc_issuer,
            leeway=LEEWAY_S,
            options={"require": NEEDED, "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise Unverified(f"This job's token is not good here: {_reason(error, audience)}.") from error


def fetch_keys() -> dict[str, Any]:
    """The keys GitHub publishes now, by their id. Raises NoKeys."""
    import httpx2
    import jwt

    address = settings().github_oidc_issuer.rstrip("/") + "/.well-known/jwks"
    try:
        answer = httpx2.get(address, timeout=TIMEOUT_S)
        answer.raise_for_status()
        published = jwt.PyJWKSet.from_dict(answer.json()).keys
    except (httpx2.HTTPError, ValueError, AttributeError, TypeError, jwt.PyJWTError) as error:
        raise NoKeys(f"The keys that verify jobs cannot be had from {address}. Try again soon.") from error
    return {key.key_id: key.key for key in published if key.key_id and key.key_type == "RSA"}


def _find_key(key_id: str) -> Any | None:
    """The published key of this id. One thread fetches; others wait for it."""
    issuer, now = settings().github_oidc_issuer, clock.now()
    with _fetching:
        keys = _held.setdefault(issuer, Keys({}, datetime.min.replace(tzinfo=now.tzinfo), now))
        is_due = key_id not in keys.by_id or now - keys.came_at > KEYS_ARE_FRESH
        if is_due and now >= keys.next_at:
            _renew(keys, now)
        if now - keys.came_at > KEYS_STILL_SERVE:
            raise NoKeys
        return keys.by_id.get(key_id)


def _renew(keys: Keys, now: datetime) -> None:
    """The keys are as published, or, where they cannot be had, as they were."""
    try:
        keys.by_id, keys.came_at, keys.next_at = fetch_keys(), now, now + STRANGERS_GAP
    except NoKeys:
        keys.next_at = now + FAILURE_GAP


def _reason(error: Exception, audience: str) -> str:
    return {
        "ExpiredSignatureError": "it has expired",
        "ImmatureSignatureError": "it is not valid yet; do the clocks agree?",
        "InvalidAudienceError": f"its audience must be {audience}",
        "InvalidIssuerError": f"its issuer must be {settings().github_oidc_issuer}",
        "MissingRequiredClaimError": str(error),
        "InvalidSignatureError": "its signature is wrong",
    }.get(type(error).__name__, "it cannot be read")
