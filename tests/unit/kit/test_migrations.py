"""A deployment that is taken back runs older code on the newer schema: what takes something away says why nobody minds."""

import re
from pathlib import Path

import pytest

from dispatch.kit import migrate

BEFORE_THE_RULE = "0031_sweep"  # nothing was deployed before it
TAKES_AWAY = re.compile(
    r"\bDROP\s+(?:TABLE|COLUMN|VIEW|TYPE|FUNCTION|SEQUENCE|SCHEMA)\b|\bRENAME\b|\bALTER\s+COLUMN\s+\w+\s+(?:SET\s+DATA\s+)?TYPE\b"
    r"|\bSET\s+NOT\s+NULL\b|\bTRUNCATE\b|\bADD\s+COLUMN\s+(?:IF\s+NOT\s+EXISTS\s+)?\w+\s+(?![^,;]*\bDEFAULT\b)[^,;]*\bNOT\s+NULL\b",
    re.IGNORECASE,
)
MARK = re.compile(r"^-- contract: \S", re.MULTILINE)
COMMENT = re.compile(r"--[^\n]*")


def takes_away(sql: str) -> str | None:
    """What the migration takes from code that is older than itself; None where that can go on, or the migration says why it may."""
    found = TAKES_AWAY.search(COMMENT.sub("", sql))
    return found[0] if found and not MARK.search(sql) else None


@pytest.mark.parametrize("path", sorted(migrate.MIGRATIONS.glob("[0-9]*.sql")), ids=lambda path: path.stem)
def test_a_migration_leaves_older_code_what_it_uses_or_says_why_not(path: Path) -> None:
    if path.stem > BEFORE_THE_RULE:
        assert takes_away(path.read_text()) is None, "Expand first: take it away in a later version, and say `-- contract: why`."


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE run;",
        "ALTER TABLE run DROP COLUMN words;",
        "ALTER TABLE run RENAME COLUMN words TO said;",
        "ALTER TABLE run RENAME TO session;",
        "ALTER TABLE run ALTER COLUMN words TYPE integer;",
        "ALTER TABLE run ALTER COLUMN words SET NOT NULL;",
        "ALTER TABLE run ADD COLUMN said text NOT NULL;",
        "DROP VIEW issue_card;\n-- contract:",
    ],
)
def test_what_takes_something_away_is_seen(sql: str) -> None:
    assert takes_away(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE said (text text NOT NULL);",
        "ALTER TABLE run ADD COLUMN said text NOT NULL DEFAULT '';",
        "ALTER TABLE run ADD COLUMN said text;",
        "-- a word about DROP TABLE\nCREATE INDEX said_by_text ON said (text);",
        "-- contract: nothing has read it since 0040\nDROP TABLE said;",
    ],
)
def test_what_adds_something_passes_and_so_does_what_says_why(sql: str) -> None:
    assert takes_away(sql) is None
