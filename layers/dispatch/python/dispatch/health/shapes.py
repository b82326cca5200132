"""The shapes of an instance's condition."""

from datetime import datetime

from pydantic import BaseModel


class Part(BaseModel):
    """One thing that this instance needs. `ok` None: it is not wanted, or cannot be known; `detail` says what is, or what to do."""

    name: str
    ok: bool | None
    detail: str


class Condition(BaseModel):
    """Every part, looked at now."""

    parts: list[Part]


class DatabaseFacts(BaseModel):
    """What the database says of itself."""

    version: str
    pgvector: str | None
    migrations: list[str]
    swept_at: datetime | None
