"""The headers that the static site is sent with: by the laptop's door, and by CloudFront."""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

STYLES = (  # every style attribute that markup brings; what scripts set is no attribute, and needs no leave
    "display: contents",  # the page's own
    "display: contents;",  # around parts that take colours, and rows of long lists
    "position: absolute; left: 0; top: 0; clip: rect(0 0 0 0); clip-path: inset(50%); overflow: hidden; white-space: nowrap; "
    "width: 1px; height: 1px",  # SvelteKit's announcer of pages, for screen readers
)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def security_headers(index: Path, *, sockets: str) -> dict[str, str]:
    """Headers for every answer, by lower-case name; `index` is the built page, whose own inline scripts may run and no others.

    `sockets` is the scheme and host of the WebSocket's address, empty where it is the site's own.
    """
    hashes = _script_hashes(index, index.stat().st_mtime_ns) if index.is_file() else ""
    policy = (
        f"default-src 'self'; script-src 'self'{hashes}; style-src 'self'; style-src-attr 'unsafe-hashes'{_hashes(STYLES)}; "
        f"img-src 'self' data: blob:; "
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
    return _hashes(INLINE_SCRIPT.findall(index.read_text()))


def _hashes(texts: Iterable[str]) -> str:
    digests = [hashlib.sha256(text.encode()).digest() for text in texts]
    return "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
