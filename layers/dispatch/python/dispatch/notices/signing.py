"""Standard Webhooks: who is told, and the signature that tells them who it is from."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from dispatch.kit.errors import DispatchError
from dispatch.kit.settings import settings
from dispatch.notices.shapes import Endpoint

PREFIX = "whsec_"
SECRET_BYTES = range(24, 65)


class NoSecret(DispatchError):
    """NOTICE_WEBHOOK_SECRET is not set: nothing is told unsigned."""


class BadSecret(DispatchError):
    """NOTICE_WEBHOOK_SECRET cannot be read: it is `whsec_` and 24 to 64 bytes in base64."""


def endpoints() -> list[Endpoint]:
    """The webhooks of the settings. One is named by its host and a hash: its address may hold a secret."""
    urls = [url.get_secret_value() for url in settings().notice_webhooks]
    return [Endpoint(_name(url), url) for url in dict.fromkeys(urls)]


def headers_of(notice_id: UUID, body: str, *, at: datetime) -> dict[str, str]:
    """The three headers of a message sent at that moment, signed with each secret there is. Raises NoSecret, BadSecret."""
    message_id, moment = f"msg_{notice_id.hex}", str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": sign(_secrets(), message_id, moment, body),
    }


def sign(secrets: Iterable[str], message_id: str, moment: str, body: str) -> str:
    """A signature by each secret, the newest first: whoever knows one of them can tell. Raises BadSecret."""
    signed = f"{message_id}.{moment}.{body}".encode()
    macs = [hmac.digest(_key(secret), signed, hashlib.sha256) for secret in secrets]
    return " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)


def _secrets() -> list[str]:
    found = [secret.strip() for secret in settings().notice_webhook_secret.get_secret_value().split(",") if secret.strip()]
    if not found:
        raise NoSecret
    return found


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in SECRET_BYTES:
        raise BadSecret
    return key


def _name(url: str) -> str:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        host = None
    return f"{host or 'unreadable'}#{hashlib.sha256(url.encode()).hexdigest()[:8]}"
