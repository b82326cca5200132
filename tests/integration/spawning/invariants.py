"""What must hold at every admission (by triggers, in the database itself) and when a storm is over (by counting the tables)."""

from pathlib import Path
from typing import Any, LiteralString

import psycopg

# Each finds offenders; where all is well it finds none.
AT_THE_END: dict[str, LiteralString] = {
    "an issue with two unfinished runs": "SELECT issue_id FROM run WHERE state <> 'finished' GROUP BY issue_id HAVING count(*) > 1",
    "a run that nobody admitted, or twice": """
        SELECT run.id FROM run LEFT JOIN spawn ON spawn.run_id = run.id AND spawn.state = 'admitted'
        GROUP BY run.id HAVING count(spawn.id) <> 1
    """,
    "a run without exactly one reserve": """
        SELECT run.id FROM run LEFT JOIN ledger_rows AS entry ON entry.run_id = run.id AND entry.kind = 'reserve'
        GROUP BY run.id, run.generation HAVING count(entry.id) <> 1 OR min(entry.generation) <> run.generation
    """,
    "a reserve that is not closed once, or closed too early": """
        SELECT held.run_id FROM ledger_rows AS held
        LEFT JOIN run ON run.id = held.run_id
        LEFT JOIN ledger_rows AS closing ON closing.run_id = held.run_id AND closing.generation = held.generation
             AND closing.kind IN ('settle', 'release')
        WHERE held.kind = 'reserve'
        GROUP BY held.run_id, held.generation, run.state
        HAVING count(closing.id) <> CASE WHEN run.state <> 'finished' THEN 0 ELSE 1 END
    """,
    "money for a run that reserved none": """
        SELECT DISTINCT run_id FROM ledger_rows AS entry
        WHERE NOT EXISTS (SELECT FROM ledger_rows AS held
                          WHERE held.run_id = entry.run_id AND held.generation = entry.generation AND held.kind = 'reserve')
    """,
    "a run that settled at something else than it cost": """
        SELECT run.id, run.outcome, run.cost_usd, run.cap_usd, sum(entry.amount_usd) FILTER (WHERE kind IN ('settle', 'correct')) AS settled
        FROM run JOIN ledger_rows AS entry ON entry.run_id = run.id
        WHERE run.state = 'finished'
        GROUP BY run.id
        HAVING coalesce(sum(entry.amount_usd) FILTER (WHERE kind IN ('settle', 'correct')), 0)
               <> CASE WHEN run.started_at IS NULL THEN 0 ELSE coalesce(run.cost_usd, run.cap_usd) END
    """,
    "money that changed its customer or workflow": """
        SELECT run_id FROM ledger_rows GROUP BY run_id, generation
        HAVING count(DISTINCT coalesce(customer_id::text, '')) > 1 OR count(DISTINCT workflow) > 1
    """,
    "a decision that is not what became of its spawn": """
        SELECT spawn.id, spawn.state, newest.verdict FROM spawn
        LEFT JOIN LATERAL (SELECT verdict FROM decision WHERE spawn_id = spawn.id ORDER BY id DESC LIMIT 1) AS newest ON true
        WHERE newest.verdict IS DISTINCT FROM CASE spawn.state WHEN 'waiting' THEN 'waits' WHEN 'withdrawn' THEN 'waits' ELSE spawn.state END
    """,
    "a spawn with two decisions that let it pass": """
        SELECT spawn_id FROM decision WHERE verdict <> 'waits' GROUP BY spawn_id HAVING count(*) > 1
    """,
    "two spawns of one issue that wait": "SELECT issue_id FROM spawn WHERE state = 'waiting' GROUP BY issue_id HAVING count(*) > 1",
    "what a stale claim said": """
        SELECT topic FROM frame WHERE data::text LIKE '%STALE%'
        UNION ALL SELECT id::text FROM run WHERE concat(summary, report, last_line, model) LIKE '%STALE%' OR metered_usd >= 600000
        UNION ALL SELECT run_id::text FROM plan WHERE body::text LIKE '%STALE%'
        UNION ALL SELECT run_id::text FROM ledger_rows WHERE amount_usd >= 600000
    """,
    "what an undone work did": """
        SELECT id::text FROM issue WHERE title LIKE '%UNDONE%'
        UNION ALL SELECT topic FROM frame WHERE data::text LIKE '%UNDONE%'
    """,
    "a feed with a gap": """
        SELECT feed.topic, feed.seq, count(frame.seq), min(frame.seq), max(frame.seq)
        FROM feed LEFT JOIN frame ON frame.topic = feed.topic
        GROUP BY feed.topic, feed.seq
        HAVING count(frame.seq) <> feed.seq OR min(frame.seq) <> 1 OR max(frame.seq) <> feed.seq
    """,
    "an event number without its frame, or twice": """
        SELECT run_event.run_id, run_event.seq, count(frame.seq)
        FROM run_event LEFT JOIN frame ON frame.topic = 'run:' || run_event.run_id AND frame.kind = 'run.event'
             AND (frame.data ->> 'seq')::integer = run_event.seq
        GROUP BY run_event.run_id, run_event.seq HAVING count(frame.seq) <> 1
    """,
}


def watch(url: str) -> None:
    """From here on the database writes down every admission that breaks a limit, and every ended run that changes."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(Path(__file__).with_suffix(".sql").read_text())  # type: ignore[call-overload]  # our own words


def breaches(url: str) -> dict[str, list[Any]]:
    """What was broken, by what it was: at admissions as they happened, and by how the tables stand now."""
    found: dict[str, list[Any]] = {}
    with psycopg.connect(url, autocommit=True) as conn:
        for what, facts in conn.execute("SELECT what, facts FROM breach ORDER BY id").fetchall():
            found.setdefault(what, []).append(facts)
        for what, query in AT_THE_END.items():
            if rows := conn.execute(query).fetchall():
                found[what] = [[str(value) for value in row] for row in rows]
    return found
