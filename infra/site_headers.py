"""The headers that the static site is sent with: by the laptop's door, and by CloudFront."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def security_headers(index: Path, *, sockets: str) -> dict[str, str]:
    """Headers for every answer, by lower-case name; `index` is the built page, whose own inline scripts may run and no others.

    `sockets` is the scheme and host of the WebSocket's address, empty where it is the site's own.
    """
    hashes = _script_hashes(index, index.stat().st_mtime_ns) if index.is_file() else ""
    policy = (
        f"default-src 'self'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        f"connect-src 'self' {sockets}; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "cross-origin-opener-policy": "same-origin",
    }


@cache
def _script_hashes(index: Path, _changed_at: int) -> str:
    """What a content security policy needs to let the page's own inline scripts run and no others."""
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(index.read_text())]
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
