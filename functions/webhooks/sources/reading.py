"""What every source has to do: compare secrets without telling by the time it takes, and take a body apart without falling over it."""

import hashlib
import hmac
import json
from typing import Any

from pydantic import SecretStr

from dispatch.kit import clock
from dispatch.kit.errors import BadInput, TooLarge
from dispatch.kit.nesting import DEEPEST, is_too_deep

MB = 1024 * 1024


def active(secrets: SecretStr) -> list[str]:
    """The secrets of a setting: while one is changed there are two, `new,old`."""
    return [secret.strip() for secret in secrets.get_secret_value().split(",") if secret.strip()]


def is_one_of(given: str, known: list[str]) -> bool:
    """Whether it is one of these. All are tried, whichever fits, and by their hashes, so that the time says nothing, not even a length."""
    fits = [hmac.compare_digest(_hash(given), _hash(one)) for one in known]
    return any(fits)


def signatures(secrets: list[str], body: bytes) -> list[str]:
    """The HMAC-SHA256 of the raw body under each secret, in hex."""
    return [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]


def bound(body: bytes, *, most_mb: int) -> None:
    """The body is no larger than that. Raises TooLarge."""
    if len(body) > most_mb * MB:
        raise TooLarge(f"The body is too large: at most {most_mb} MB.")


def parse_object(body: bytes) -> dict[str, Any]:
    """The body's JSON object. Raises BadInput."""
    if is_too_deep(body):
        raise BadInput(f"The body is nested more than {DEEPEST} deep.")
    try:
        parsed = json.loads(body)
    except ValueError as error:
        raise BadInput("The body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise BadInput("The body is not an object.")
    return parsed


def id_of(body: bytes, *, of: str = "") -> str:
    """An id for a delivery whose sender gives none that lasts: the same for the same body within the hour.

    Within the hour, because senders say the same again when it is still true, hours later, and that is news of its own.
    """
    told = hashlib.sha256(of.encode(errors="replace") + b"\n" + body).hexdigest()
    return f"{told[:32]}-{clock.now():%Y%m%d%H}"


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
