"""What asks for a run by itself: an error that was seen."""

from datetime import timedelta
from typing import Any

from dispatch import spawning
from dispatch.issues import Issue
from dispatch.kit import clock
from dispatch.kit.actors import SYSTEM
from dispatch.kit.ids import new_id
from dispatch.kit.work import work
from dispatch.spawning import Cause, NewSpawn, Spawn


def ask_by_itself(
    issue: Issue, *, family: str = "checkout", workflow: str = "auto-investigate", seen_ago_s: float = 3600, **cause: Any
) -> Spawn:
    """An error seen three times, an hour ago at first, unless told otherwise."""
    seen_at = clock.now() - timedelta(seconds=seen_ago_s)
    rests_on = Cause(**{"family": family, "source": "grafana", "occurrences": 3, "seen_at": seen_at, **cause})
    with work() as unit:
        return spawning.request(unit, issue.id, NewSpawn(workflow=workflow), actor=SYSTEM, cause=rests_on)


def offer() -> list[Spawn]:
    """The schedule offers what waits."""
    with work() as unit:
        return spawning.offer_waiting(unit)


def see(name: str, occurrences: int, *, source: str = "grafana", first_seen_ago_s: float = 3600) -> Cause:
    """The family of that name was seen so often by now; and what it gives a spawn to rest on."""
    seen_at = clock.now() - timedelta(seconds=first_seen_ago_s)
    with work() as unit:
        unit.conn.execute(
            """
            INSERT INTO family (id, name, source, feature, message, level, occurrences, first_seen, last_seen, created_at)
            VALUES (%(id)s, %(name)s, %(source)s, 'checkout', 'The total is wrong', 'error', %(times)s, %(at)s, %(at)s, %(at)s)
            ON CONFLICT (name) DO UPDATE SET occurrences = excluded.occurrences
            """,
            {"id": new_id(), "name": name, "source": source, "times": occurrences, "at": seen_at},
        )
        unit.conn.execute(
            """
            INSERT INTO fingerprint (hash, version, family_id, source, feature, message, joined_by, because, first_seen, last_seen)
            SELECT md5(name), 1, id, source, feature, message, 'first', 'It was the first.', first_seen, last_seen
            FROM family WHERE name = %(name)s
            ON CONFLICT (hash) DO NOTHING
            """,
            {"name": name},
        )
    return Cause(family=name, source=source, occurrences=occurrences, seen_at=seen_at)


def ask_for_error(issue: Issue, cause: Cause) -> Spawn | None:
    """What intake does with an error that wants a run."""
    with work() as unit:
        return spawning.request_for_error(unit, issue.id, cause)
