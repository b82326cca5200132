"""Reading issues over the API, with few and with many of them, against the bare SQL of the same rows.

A real `dispatch up`, asked over one connection that stays open. Run with `python -m benchmarks.issues`.
"""

import http.client
import json
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.database import remove, url_of
from benchmarks.figures import Figure, arguments, percentile, show, tell
from tests.e2e.instance import Instance

SIZES = (100, 10_000)
TIMES = 100
PAGE_REACH_MS = 10
KEY = "a machine key for measuring"

# What the screens show, without the API's shapes: the rows that a page, a board and an issue consist of.
PAGE = "SELECT * FROM issue ORDER BY created_at DESC, id DESC LIMIT 50"
BOARD = """
    SELECT card.*
    FROM status
    CROSS JOIN LATERAL (SELECT * FROM issue WHERE status_id = status.id ORDER BY priority, created_at DESC, id DESC LIMIT 50) AS card
"""
ONE = "SELECT * FROM issue WHERE identifier = 'DISPATCH-7'"
READS = {
    "a page of issues": ("/api/issues?limit=50", PAGE),
    "the board": ("/api/board", BOARD),
    "one issue": ("/api/issues/DISPATCH-7", ONE),
}

# Issues by the thousand, spread over the columns and priorities; the first hundred came through the API.
FILL = """
    INSERT INTO issue (id, number, identifier, title, description, status_id, priority, source, created_by, created_at, updated_at)
    SELECT gen_random_uuid(), n, 'DISPATCH-' || n, 'Issue ' || n, repeat('What happened, and where. ', 20),
           (SELECT id FROM status ORDER BY position OFFSET n %% (SELECT count(*) FROM status) LIMIT 1), 'P' || 1 + n %% 4, 'person',
           '{"kind": "person", "name": "Ada"}', now() - n * interval '1 minute', now()
    FROM generate_series(%(first)s::integer, %(last)s::integer) AS n
"""


def measure(sizes: tuple[int, ...]) -> list[Figure]:
    """The figures, at each number of issues."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance(Path(folder) / "data", claude=Path("claude"), DISPATCH_API_KEY=KEY)
        try:
            instance.start()
            with psycopg.connect(url_of(instance.data), autocommit=True) as conn:
                have = 0
                for size in sizes:
                    _fill(instance, conn, have=have, wanted=size)
                    have = size
                    figures += _read_all(instance, conn, size)
        finally:
            instance.stop()
            remove(instance.data / "postgres")
    return figures


def _fill(instance: Instance, conn: psycopg.Connection[Any], *, have: int, wanted: int) -> None:
    """There are `wanted` issues: the first few by the API, so that numbers go on from them, the rest by SQL."""
    if have == 0:
        for number in range(10):
            instance.ask("POST", "/api/issues", {"title": f"Issue {number}"})
        have = 10
    conn.execute(FILL, {"first": have + 1, "last": wanted})
    conn.execute("ANALYZE")
    tell(f"  {wanted:,} issues")


def _read_all(instance: Instance, conn: psycopg.Connection[Any], size: int) -> list[Figure]:
    door = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=60)
    figures: list[Figure] = []
    for what, (path, query) in READS.items():
        ours = _times(partial(_get, door, path))
        bare = _times(partial(_rows, conn, query))
        reach = PAGE_REACH_MS if what == "a page of issues" else None
        figures += [
            Figure(f"{size:,} issues: {what}, p50", percentile(ours, 0.5), "ms", reach),
            Figure(f"{size:,} issues: {what}, p95", percentile(ours, 0.95), "ms"),
            Figure(f"{size:,} issues: {what}, the bare SQL, p50", percentile(bare, 0.5), "ms"),
        ]
    return figures


def _times(read: Callable[[], Any]) -> list[float]:
    """Milliseconds of each of many reads, after a few that do not count."""
    found: list[float] = []
    for number in range(TIMES + 5):
        began = time.perf_counter()
        read()
        if number >= 5:
            found.append((time.perf_counter() - began) * 1000)
    return found


def _rows(conn: psycopg.Connection[Any], query: Any) -> Any:
    return conn.execute(query).fetchall()


def _get(door: http.client.HTTPConnection, path: str) -> Any:
    door.request("GET", path, headers={"Authorization": f"Bearer {KEY}"})
    answer = door.getresponse()
    text = answer.read()
    if answer.status != http.client.OK:
        raise SystemExit(f"{path} was answered with {answer.status}: {text.decode()}")
    return json.loads(text)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked = parser.parse_args()
    show("issues", measure(tuple(asked.sizes)), as_json=asked.json)
