"""Secrets that agents print by accident never reach a row or a screen."""

import re
from typing import Any, cast

MASK = "•••"

# Each shape is one that its issuer documents, so that ordinary text is left alone; ours are those of `new_token`. An agent chooses what is
# searched, so that no shape may look at a stretch of text more than a few times.
SECRET = re.compile(
    r"""
      -----BEGIN[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----(?:(?!-----BEGIN)[\s\S]){0,8000}?
      (?:-----END[ ][A-Z ]{0,30}PRIVATE[ ]KEY-----|(?=-----BEGIN)|\Z)
    | \bsk-ant-[A-Za-z0-9_-]{16,200}
    | \bsk-(?:proj-)?[A-Za-z0-9_-]{32,200}
    | \b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,255}
    | \bgithub_pat_[A-Za-z0-9_]{30,255}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \bxox[abprs]-[A-Za-z0-9-]{10,200}
    | \b(?:dr|dps|dpt|dpw)_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])
    | \b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,200}
    | \bwhsec_[A-Za-z0-9+/=]{16,200}
    | (?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}+\.eyJ[A-Za-z0-9_-]{10,4000}+\.[A-Za-z0-9_-]{10,2000}
    | (?<=://)[^\s:/@]{1,100}:[^\s:/@]{3,200}(?=@)
    """,
    re.VERBOSE,
)


def mask(value: Any) -> Any:
    """The same text, list or mapping with every known shape of secret replaced by three dots."""
    match value:
        case str():
            return SECRET.sub(MASK, value)
        case list():
            return [mask(item) for item in cast("list[Any]", value)]
        case dict():
            return {str(key): mask(item) for key, item in cast("dict[Any, Any]", value).items()}
        case _:
            return value
