"""The limits in force: the newest version of the policy. The settings rule until a person has edited it."""

from typing import Any

from psycopg.types.json import Jsonb

from dispatch.kit.actors import SYSTEM
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.spawning.shapes import Limits


def current(work: Work) -> tuple[int, Limits]:
    """The version and its limits. A change of the settings is a new version, as long as nobody edited the policy by hand."""
    wanted = Limits.model_validate(settings().model_dump(include=set(Limits.model_fields)))
    row = work.conn.execute("SELECT version, limits, changed_by FROM policy ORDER BY version DESC LIMIT 1").fetchone()
    if row is not None:
        held = Limits.model_validate(row[1])
        if held == wanted or row[2]["kind"] != SYSTEM.kind:
            return row[0], held
    return _insert(work, wanted), wanted


def _insert(work: Work, limits: Limits) -> int:
    row: Any = work.conn.execute(
        "INSERT INTO policy (limits, changed_by, changed_at) VALUES (%(limits)s, %(by)s, %(at)s) RETURNING version",
        {"limits": Jsonb(limits.model_dump(mode="json")), "by": Jsonb(SYSTEM.model_dump(mode="json")), "at": work.now},
    ).fetchone()
    return row[0]
