"""Looking for suspects: which commits there are, what each changes, and keeping what came of it. Asked of GitHub, outside any open work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch import activity, deployments
from dispatch.clients import github, github_commits
from dispatch.clients.github_commits import Commit
from dispatch.clients.github_pulls import Unreadable
from dispatch.deployments import Deployment
from dispatch.kit.actors import SYSTEM
from dispatch.kit.events import Event
from dispatch.kit.log import logger
from dispatch.kit.settings import settings
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.suspects import store
from dispatch.suspects.places import find_places
from dispatch.suspects.ranking import Looked, changed_lines, rank
from dispatch.suspects.shapes import Case, Change, Suspect

AT_ONCE = 3  # errors in one sweep
BACK = timedelta(days=7)  # commits so long before the error
MOST_COMMITS = 50
MOST_DETAILS = 20  # commits that are looked into, for one error and in one sweep: each is a call
OLD_NEWS = timedelta(days=14)  # an error that is there for so long has no need of suspects any more
GIVES_UP = 8  # tries, the last about four hours after the first
FIRST_GAP = timedelta(minutes=1)
KEPT = timedelta(days=30)
NO_PLACE = "The stack names no file that could be one of the application's own."
NO_COMMITS = "No commit is known from the days before."


@dataclass
class Calls:
    """How many commits may still be looked into in this sweep."""

    left: int = MOST_DETAILS


@dataclass(frozen=True, slots=True)
class Brought:
    """The commits that may be meant: `fresh` are those that came with the last deployment before the error, at `deployed_at`."""

    commits: list[Commit]
    fresh: set[str]
    deployed_at: datetime | None


def look_for_suspects() -> int:
    """Of errors that are new or back, the suspects are known; returns of how many. Never fatal: what could not be had is asked again.

    Opens works of its own.
    """
    if not settings().github_repo or github.kind() == "none":
        return 0
    with open_work() as unit:
        due = store.select_due(unit.conn, at=unit.now, since=unit.now - OLD_NEWS, limit=AT_ONCE)
    calls, settled = Calls(), 0
    for case in due:
        try:
            settled += _look(case, calls)
        except github.Limited as limit:
            _put_off(case, limit.sentence, again_at=limit.again_at)
            break
        except (github.NoAnswer, github.Refused, Unreadable) as error:
            _put_off(case, error.sentence)
    return settled


def list_suspects(work: Work, family_id: UUID) -> list[Suspect]:
    """The error's suspects, most suspected first; none is no sign that there are none."""
    return store.select_suspects(work.conn, family_id)


def list_of_issue(work: Work, issue_id: UUID) -> list[Suspect]:
    """The suspects of the issue's error, most suspected first; none where it is about no error."""
    return store.select_of_issue(work.conn, issue_id)


def forget_old_changes(work: Work) -> int:
    """What commits change is asked anew after 30 days; returns how many were forgotten."""
    return store.delete_changes_before(work.conn, work.now - KEPT)


def _look(case: Case, calls: Calls) -> bool:
    """The error's suspects are known; False where the sweep's calls did not last, and the next one goes on."""
    places = find_places(case.stack)
    if not places:
        return _settle(case, [], NO_PLACE)
    repository = settings().github_repo
    brought = _brought_before(repository, case)
    worth_it = [commit for commit in brought.commits if not commit.is_merge][:MOST_DETAILS]
    changes = _changes_of(repository, worth_it, calls)
    if len(changes) < len(worth_it):
        return False
    looked = [Looked(commit, changes[commit.sha], brought.deployed_at if commit.sha in brought.fresh else None) for commit in worth_it]
    because = f"{len(looked)} of {len(brought.commits)} commits from before it were looked into." if looked else NO_COMMITS
    return _settle(case, rank(case, places, looked), because)


def _brought_before(repository: str, case: Case) -> Brought:
    """The commits in production when the error began, newest first, those of its last deployment before all others."""
    with open_work() as unit:
        last = deployments.find_newest(unit, repository, before=case.began_at)
        last = last if last and last.heard_at > case.began_at - BACK else None
        before = deployments.find_newest(unit, repository, before=last.heard_at, other_than=last.sha) if last else None
    fresh = _between(repository, before, last)
    head = last.sha if last else None
    others = github_commits.list_commits(repository, head=head, since=case.began_at - BACK, until=case.began_at, most=MOST_COMMITS)
    commits = {commit.sha: commit for commit in [*fresh, *others]}
    return Brought(list(commits.values())[:MOST_COMMITS], {commit.sha for commit in fresh}, last.ended_at if last else None)


def _between(repository: str, before: Deployment | None, last: Deployment | None) -> list[Commit]:
    if before is None or last is None:
        return []
    return github_commits.list_between(repository, before.sha, last.sha, most=MOST_COMMITS)


def _changes_of(repository: str, commits: list[Commit], calls: Calls) -> dict[str, list[Change]]:
    """What the commits change, as far as that is known or may be asked now."""
    with open_work() as unit:
        known = store.select_changes(unit.conn, repository, [commit.sha for commit in commits])
    for commit in commits:
        if commit.sha not in known and calls.left > 0:
            calls.left -= 1
            known[commit.sha] = _ask_changes(repository, commit.sha)
    return known


def _ask_changes(repository: str, sha: str) -> list[Change]:
    files = github_commits.list_changed_files(repository, sha)
    changes = [Change(path=file.path, was=file.was, lines=changed_lines(file.patch)) for file in files]
    with open_work() as unit:
        store.insert_changes(unit.conn, repository, sha, changes, at=unit.now)
    return changes


def _settle(case: Case, suspects: list[Suspect], because: str) -> bool:
    with open_work() as unit:
        before = {one.sha for one in store.select_suspects(unit.conn, case.family_id)}
        store.settle(unit.conn, case, suspects, because=because, at=unit.now)
        if case.issue_id and {one.sha for one in suspects} - before:
            told = [one.model_dump(mode="json", include={"sha", "title", "author", "url", "because"}) for one in suspects]
            activity.add_activity(unit, case.issue_id, Event.ERROR_SUSPECTED, actor=SYSTEM, data={"suspects": told})
    return True


def _put_off(case: Case, because: str, *, again_at: datetime | None = None) -> None:
    """It is tried again, ever more seldom; after some hours no more."""
    logger.warning("suspects could not be looked for", family=str(case.family_id), reason=because)
    with open_work() as unit:
        if case.tries + 1 >= GIVES_UP and again_at is None:
            store.settle(unit.conn, case, [], because=because, at=unit.now)
        else:
            store.put_off(unit.conn, case, because=because, look_again_at=again_at or unit.now + FIRST_GAP * 2**case.tries)
