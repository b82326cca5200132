"""How deep JSON is nested, told from its bytes before anything takes it apart: a parser would run out of stack."""

import re

DEEPEST = 64  # the deepest honest body, an agent's tool input, is nested about 10 deep
STRINGS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)  # or its open end: a string is never looked at twice
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def is_too_deep(body: bytes) -> bool:
    """Whether brackets outside strings are open more than 64 deep at once."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for bracket in STRINGS.sub(b"", body).translate(None, NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEEPEST:
            return True
    return False
