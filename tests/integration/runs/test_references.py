"""Who changes an issue or a run keeps nobody from referring to it: a webhook about its pull request would wait, and be waited for."""

import psycopg

from dispatch import issues, runs
from dispatch.kit.work import work
from tests import doing


def test_a_run_and_an_issue_that_are_being_changed_can_still_be_referred_to(database, repository, queues):
    issue = doing.make_issue()
    claim = doing.start(doing.ask(issue))

    with work() as unit, psycopg.connect(database, options="-c lock_timeout=1s") as other:
        issues.get_issue(unit, issue.id, lock=True)
        runs.get_run(unit, claim.run, lock=True)

        referred = [
            other.execute("SELECT id FROM issue WHERE id = %s FOR KEY SHARE", [issue.id]).fetchone(),
            other.execute("SELECT id FROM run WHERE id = %s FOR KEY SHARE", [claim.run]).fetchone(),
        ]

    assert referred == [(issue.id,), (claim.run,)]


def test_a_run_that_is_being_changed_is_changed_by_nobody_else(database, repository, queues):
    claim = doing.start(doing.ask(doing.make_issue()))

    with work() as unit, psycopg.connect(database, options="-c lock_timeout=1s") as other:
        runs.get_run(unit, claim.run, lock=True)

        locked = other.execute("SELECT id FROM run WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED", [claim.run]).fetchall()

    assert locked == []
