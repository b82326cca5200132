"""Which paths a pattern of `.github/dispatch.toml` means: `*` within one name, `**` across folders, a folder with all that is in it."""

import re
from functools import lru_cache

PIECES = re.compile(r"\*\*/|\*\*|\*|\?|.", re.DOTALL)
MEANINGS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(path: str, patterns: list[str]) -> bool:
    """Whether any of `patterns` means `path`, which is relative, with slashes. A pattern without a slash means such a name anywhere."""
    return any(_expression(pattern).fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=500)
def _expression(pattern: str) -> re.Pattern[str]:
    whole = pattern.strip("/")
    anywhere = "" if "/" in pattern.rstrip("/") else "(?:.*/)?"
    body = "".join(MEANINGS.get(piece) or re.escape(piece) for piece in PIECES.findall(whole))
    return re.compile(f"{anywhere}{body}(?:/.*)?", re.IGNORECASE | re.DOTALL)  # some file systems take one case for the other
