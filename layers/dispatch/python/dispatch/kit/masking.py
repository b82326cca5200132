"""What must never reach a row or a screen: secrets that somebody printed by accident, and what tells one person from another."""

import re
from ipaddress import ip_address
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
# Applications print secrets of no known shape beside their names.
NAMED = re.compile(
    r"""
    ( (?<![A-Za-z])(?:password|passwd|pwd|secret|token|api_?key|apikey|access_?key|client_?secret|private_?key|authorization|cookie|bearer)
      (?: ["']?[ ]?[=:][ ]?["']?(?:(?:bearer|basic|token)[ ])?+ | [ ] (?<=bearer[ ]) ) )
    [^\s"',;&<>•]{6,500}
    """,
    re.VERBOSE | re.IGNORECASE,
)
PERSONAL = re.compile(
    r"""
      (?<![\w.+%-])[\w.+%-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b
    | (?P<card>(?<![\w.-])[2-6](?:[ -]?[0-9]){12,18}(?![\w-]))
    | (?P<address>(?<![\w.:])(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\.?\w)|(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]{3,39}(?![\w:])))
    | (?<![\w+.-])\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![\w-])
    | (?<![\w.-])(?:\([0-9]{3}\)[ ]?|[0-9]{3}[ .-])[0-9]{3}[ .-][0-9]{4}(?![\w-])
    """,
    re.VERBOSE,
)


def mask(text: str) -> str:
    """The same text without secrets and without personal data: e-mail addresses, card and telephone numbers, IP addresses."""
    return PERSONAL.sub(_personal, NAMED.sub(rf"\1{MASK}", SECRET.sub(MASK, text)))


def mask_secrets(value: Any) -> Any:
    """The same text, list or mapping with every known shape of secret replaced by three dots."""
    match value:
        case str():
            return SECRET.sub(MASK, value)
        case list():
            return [mask_secrets(item) for item in cast("list[Any]", value)]
        case dict():
            return {str(key): mask_secrets(item) for key, item in cast("dict[Any, Any]", value).items()}
        case _:
            return value


def _personal(found: re.Match[str]) -> str:
    """A number is a card's only where its check digit says so, and an address is one only where it can be written to."""
    text = found[0]
    match found.lastgroup:
        case "card" if not _is_card(text):
            return text
        case "address" if not _is_address(text):
            return text
        case _:
            return MASK


def _is_card(text: str) -> bool:
    digits = [int(letter) for letter in text if letter.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return text.strip(":") != ""
