"""Ids that sort by age, and tokens that are kept only as their hash."""

import hashlib
import os
import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): the first 48 bits are the time in milliseconds, so that ids sort by age."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_token(prefix: str) -> str:
    """A secret of 256 bits, behind a prefix that tells a reader (and a secret scanner) what it opens."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def hash_token(token: str) -> bytes:
    """What is stored of a token. A plain SHA-256 is enough: tokens are random, not chosen."""
    return hashlib.sha256(token.encode()).digest()
