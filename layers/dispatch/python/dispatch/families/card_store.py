"""The SQL of what screens show of families. What becomes of an error belongs to rooms above, and is read here: a page takes two queries."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from dispatch.families.card_shapes import FamilyCard, FamilyFilter, FamilySpawn, HourCount, Wording
from dispatch.kit.settings import settings

MOST_WORDINGS = 200
MOST_SPAWNS = 20


def select_page(
    conn: Connection[Any], wanted: FamilyFilter, *, words: str | None, after: list[Any] | None, at: datetime, limit: int
) -> list[UUID]:
    """The ids of families, seen last first; `words` is a text-search query, `after` the minute and id of the last one seen."""
    with conn.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            """
            SELECT id
            FROM family
            WHERE (%(words)s::text IS NULL OR search @@ to_tsquery('simple', %(words)s))
              AND (%(source)s::text IS NULL OR source = %(source)s)
              AND (%(muted)s::boolean IS NULL OR %(muted)s = (
                  name = ANY(ARRAY(SELECT value FROM mute
                                   WHERE scope = 'family' AND ended_at IS NULL AND (until IS NULL OR until > %(now)s)))
                  OR source = ANY(ARRAY(SELECT value FROM mute
                                        WHERE scope = 'source' AND ended_at IS NULL AND (until IS NULL OR until > %(now)s)))
              ))
              AND (%(open)s::boolean IS NULL OR %(open)s = coalesce((
                  SELECT NOT status.is_closed FROM issue JOIN status ON status.id = issue.status_id WHERE issue.id = family.issue_id
              ), false))
              AND (%(at)s::timestamptz IS NULL OR (seen_minute, id) < (%(at)s::timestamptz, %(id)s::uuid))
            ORDER BY seen_minute DESC, id DESC
            LIMIT %(limit)s
            """,
            {
                "words": words,
                "source": wanted.source,
                "muted": wanted.muted,
                "open": wanted.open,
                "now": at,
                "at": after[0] if after else None,
                "id": after[1] if after else None,
                "limit": limit,
            },
            prepare=False,  # each filter has its own best way: one plan for all of them would read the whole table
        ).fetchall()


def select_cards(conn: Connection[Any], ids: list[UUID], *, at: datetime) -> list[FamilyCard]:
    """The cards of these families, seen last first."""
    with conn.cursor(row_factory=class_row(FamilyCard)) as cursor:
        return cursor.execute(
            """
            WITH moment AS (
                SELECT date_bin('1 hour', %(at)s::timestamptz, '2000-01-01 00:00:00+00') AS hour,
                       coalesce((
                           SELECT (limits ->> 'spawn_cooldown_hours')::integer FROM policy ORDER BY version DESC LIMIT 1
                       ), %(cooldown_hours)s) * interval '1 hour' AS cooldown
            )
            SELECT family.id, family.name, family.issue_id, family.source, feature, message, level, occurrences, users, organisations,
                   first_seen, last_seen, seen_minute, release,
                   CASE WHEN family.organisations > 0 THEN coalesce((
                       SELECT jsonb_agg(jsonb_build_object('name', hit.name, 'slug', hit.slug) ORDER BY hit.name)
                       FROM affected_customers(family.id) AS hit
                   ), '[]') ELSE '[]' END AS customers,
                   CASE WHEN issue.id IS NOT NULL THEN jsonb_build_object(
                       'id', issue.id, 'identifier', issue.identifier, 'title', issue.title, 'priority', issue.priority,
                       'status', to_jsonb(status)
                   ) END AS issue,
                   (
                       SELECT jsonb_build_object('state', state, 'deployed_at', deployed_at, 'watch_until', watch_until)
                       FROM fix_attempt
                       WHERE fix_attempt.issue_id = family.issue_id
                       ORDER BY created_at DESC, id DESC
                       LIMIT 1
                   ) AS fix,
                   (
                       SELECT array_agg(coalesce(counted.count, 0) ORDER BY n DESC)
                       FROM generate_series(0, 47) AS n
                       LEFT JOIN (
                           SELECT sighting_hour.hour, sum(sighting_hour.count)::bigint AS count
                           FROM fingerprint JOIN sighting_hour ON sighting_hour.fingerprint = fingerprint.hash
                           WHERE fingerprint.family_id = family.id AND sighting_hour.hour > moment.hour - interval '48 hours'
                           GROUP BY sighting_hour.hour
                       ) AS counted ON counted.hour = moment.hour - n * interval '1 hour'
                   ) AS rate,
                   (
                       SELECT to_jsonb(mute)
                       FROM mute
                       WHERE ended_at IS NULL AND (until IS NULL OR until > %(at)s)
                         AND ((scope = 'family' AND value = family.name) OR (scope = 'source' AND value = family.source))
                       ORDER BY until DESC NULLS FIRST
                       LIMIT 1
                   ) AS mute,
                   (SELECT count(*) FROM fingerprint WHERE fingerprint.family_id = family.id) AS fingerprints,
                   (
                       SELECT jsonb_build_object('id', id, 'workflow', workflow, 'state', state, 'outcome', outcome,
                                                 'created_at', created_at)
                       FROM run
                       WHERE run.issue_id = family.issue_id
                       ORDER BY created_at DESC
                       LIMIT 1
                   ) AS last_run,
                   (
                       SELECT nullif(greatest(max(run.started_at) + moment.cooldown, %(at)s), %(at)s)
                       FROM spawn JOIN run ON run.id = spawn.run_id
                       WHERE spawn.family = family.name AND spawn.cause ->> 'family' = family.name
                   ) AS cooldown_until,
                   EXISTS (SELECT FROM sighting WHERE sighting.family_id = family.id AND fires) AS firing
            FROM moment CROSS JOIN family
            LEFT JOIN issue ON issue.id = family.issue_id
            LEFT JOIN status ON status.id = issue.status_id
            WHERE family.id = ANY(%(ids)s)
            ORDER BY seen_minute DESC, family.id DESC
            """,
            {"ids": ids, "at": at, "cooldown_hours": settings().limits.spawn_cooldown_hours},
        ).fetchall()


def select_wordings(conn: Connection[Any], family_id: UUID) -> list[Wording]:
    """The family's wordings, seen most often first."""
    with conn.cursor(row_factory=class_row(Wording)) as cursor:
        return cursor.execute(
            """
            SELECT hash, message, template, joined_by, because, is_pinned, occurrences, first_seen, last_seen
            FROM fingerprint
            WHERE family_id = %(id)s
            ORDER BY occurrences DESC, hash
            LIMIT %(limit)s
            """,
            {"id": family_id, "limit": MOST_WORDINGS},
        ).fetchall()


def select_hours(conn: Connection[Any], family_id: UUID, *, since: datetime, until: datetime) -> list[HourCount]:
    """How often the family was seen in each hour of that time, whole or begun, in which it was; oldest first."""
    with conn.cursor(row_factory=class_row(HourCount)) as cursor:
        return cursor.execute(
            """
            SELECT hour AS at, sum(sighting_hour.count)::bigint AS count
            FROM fingerprint JOIN sighting_hour ON sighting_hour.fingerprint = fingerprint.hash
            WHERE fingerprint.family_id = %(id)s AND hour > %(since)s::timestamptz - interval '1 hour' AND hour <= %(until)s
            GROUP BY hour
            HAVING sum(sighting_hour.count) > 0
            ORDER BY hour
            """,
            {"id": family_id, "since": since, "until": until},
        ).fetchall()


def select_spawns(conn: Connection[Any], issue_id: UUID) -> list[FamilySpawn]:
    """What was asked for by itself on the family's issue, newest first."""
    with conn.cursor(row_factory=class_row(FamilySpawn)) as cursor:
        return cursor.execute(
            """
            SELECT id, state, workflow, reason, created_at
            FROM spawn_card
            WHERE issue_id = %(id)s AND automatic
            ORDER BY created_at DESC
            LIMIT %(limit)s
            """,
            {"id": issue_id, "limit": MOST_SPAWNS},
        ).fetchall()
