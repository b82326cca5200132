"""Further runs on our own pull requests: what a reviewer asked for, and repairs of what their checks found. A sweep begins them.

What is heard only notes a round, once per review and once per failing commit. No work is open while GitHub is asked.
"""

from collections.abc import Iterable
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from dispatch import pulls, runs
from dispatch.clients import github, github_pulls
from dispatch.clients.github_pulls import Review
from dispatch.kit import masking
from dispatch.kit.actors import SYSTEM, Actor, ActorKind
from dispatch.kit.events import Event
from dispatch.kit.work import Work
from dispatch.kit.work import work as open_work
from dispatch.pulls import Failure, Pull
from dispatch.spawning import rounds_store
from dispatch.spawning.admitting import lock_admission
from dispatch.spawning.asking import request
from dispatch.spawning.shapes import NewSpawn, Round, SpawnState

SETTLED = timedelta(minutes=2)  # a reviewer often says several things one after the other: they are one round
PUBLISHING = timedelta(minutes=15)  # a patch that is not on its branch by then is not coming
REPAIRS = 2  # rounds on one pull request; then a person looks at it
AT_ONCE = 5  # pull requests per sweep
LOOKED_AT = 30  # pull requests per hour
RECENT = timedelta(days=1)  # an older review was seen by somebody, or is history
MOST_JOBS = 5
LOG_TAIL = 8000  # characters of each failed job's log
MOST_WORDS = 40_000
CUT = "\n… (cut here)"
ASKS = {"changes_requested", "commented"}
GIVEN_UP = f"Its checks still fail after {REPAIRS} repair rounds. A person has to look at it."


def hear_review(work: Work, pull: Pull, review: Review) -> str:
    """A review by somebody who may write is in the story, once; on our own open pull request, one that asks for something is a round.

    Says what came of it.
    """
    if pull.issue_id is None or review.state not in {*ASKS, "approved"}:
        return f"{pull.name}: nothing to do for this review"
    if not review.can_write or review.is_bot:
        return f"{pull.name}: only people with write access start a round"
    is_wanted = review.state in ASKS and pull.is_ours and pull.state.is_open
    if not rounds_store.insert_round(
        work.conn,
        pull.id,
        kind="review",
        key=str(review.id),
        said_by=review.author,
        words=review.body,
        url=review.url,
        because=None if is_wanted else "It asks nothing of an agent.",
        at=work.now,
    ):
        return f"{pull.name}: this review is known"
    actor = Actor(kind=ActorKind.GITHUB, name=review.author or "GitHub")
    pulls.tell(work, pull, Event.PULL_REVIEWED, actor=actor, verdict=review.state, review_url=review.url)
    return f"{pull.name}: a round is wanted" if is_wanted else f"{pull.name}: reviewed"


def begin_rounds() -> int:
    """Failed checks were asked to run once more, repairs are wanted where they failed again, and rounds that may begin have; how many.

    Opens works of its own. Raises github.NoAnswer: the next sweep goes on.
    """
    _rerun_failed()
    with open_work() as unit:
        _want_repairs(unit, pulls.find_broken(unit, limit=50))
    with open_work() as unit:
        ready = rounds_store.select_ready(
            unit.conn, settled_before=unit.now - SETTLED, unpublished_since=unit.now - PUBLISHING, limit=AT_ONCE
        )
    return sum(_begin(pull_id) for pull_id in ready)


def look_at_reviews() -> int:
    """Of our newest open pull requests, the reviews of the last day were looked up; returns how many were not heard of.

    Opens works of its own. Raises github.NoAnswer, github.Refused: the next hour goes on.
    """
    with open_work() as unit:
        ours = [pull for pull in pulls.list_open(unit, limit=LOOKED_AT) if pull.is_ours]
    return sum(_look_at(pull) for pull in ours)


def _look_at(pull: Pull) -> int:
    found = github_pulls.list_reviews(pull.repository, pull.number)
    with open_work() as unit:
        recent = [review for review in found if review.at and review.at > unit.now - RECENT]
        before = rounds_store.count_rounds(unit.conn, pull.id)
        for review in recent:
            hear_review(unit, pull, review)
        return rounds_store.count_rounds(unit.conn, pull.id) - before


def _rerun_failed() -> None:
    """What failed for the first time runs once more: many checks fail by chance."""
    with open_work() as unit:
        failed = pulls.find_to_rerun(unit, limit=AT_ONCE)
    for failure in failed:
        refused = None
        try:
            github_pulls.rerun_failed_jobs(failure.repository, failure.external_id)
        except github.Refused as error:
            refused = error.sentence
        with open_work() as unit:
            pulls.note_rerun(unit, failure, refused=refused)


def _want_repairs(work: Work, broken: Iterable[Failure]) -> None:
    for pull_id, failures in groupby(broken, key=lambda failure: failure.pull_id):
        _want_repair(work, pulls.get_pull(work, pull_id), list(failures))


def _want_repair(work: Work, pull: Pull, failed: list[Failure]) -> None:
    """A repair of what failed on that commit is wanted; after two of them it is given up, and a person is told."""
    because = GIVEN_UP if pull.repairs >= REPAIRS else None
    first, words = failed[0], f"These checks failed twice: {', '.join(failure.name for failure in failed)}."
    if rounds_store.insert_round(
        work.conn, pull.id, kind="repair", key=first.head_sha, said_by=None, words=words, url=first.url, because=because, at=work.now
    ):
        pulls.tell(work, pull, Event.CI_FAILED, actor=SYSTEM, check=first.name, check_url=first.url, gave_up=because is not None)
        pulls.announce(work, pull)


def _begin(pull_id: UUID) -> bool:
    """The pull request's wanted rounds have begun as one run, or are dropped with the reason; whether they have begun."""
    with open_work() as unit:
        pull = pulls.get_pull(unit, pull_id)
        wanted = rounds_store.select_wanted(unit.conn, pull_id)
        failing = pulls.list_failing(unit, pull_id)
    words = {one.id: _find_words(pull, one, failing) for one in wanted}
    with open_work() as unit:
        lock_admission(unit)
        return _start(unit, pull_id, words)


def _find_words(pull: Pull, one: Round, failing: list[Failure]) -> str:
    """What there is to do: the review with its comments at single lines, or the failed jobs with the end of their logs."""
    if one.kind == "review":
        return _join([f"{one.said_by} says in a review of pull request #{pull.number}:", one.words, *_comments(pull, one)])
    return _join([one.words, *(text for failure in failing if failure.head_sha == one.key for text in _logs(failure))])


def _comments(pull: Pull, one: Round) -> list[str]:
    try:
        return github_pulls.list_review_comments(pull.repository, pull.number, int(one.key))
    except github.Refused as error:
        return [f"(What it says at single lines could not be read: {error.sentence})"]


def _logs(failure: Failure) -> list[str]:
    try:
        jobs = github_pulls.read_failed_jobs(failure.repository, failure.external_id, most=MOST_JOBS, tail=LOG_TAIL)
    except github.Refused as error:
        return [f"(The logs of {failure.name} could not be read: {error.sentence})"]
    return [f"{failure.name} / {name} ends with:\n{masking.mask_secrets(log)}" for name, log in jobs]


def _join(parts: list[str]) -> str:
    text = "\n\n".join(part for part in parts if part.strip()).replace("\0", "")
    return text if len(text) <= MOST_WORDS else text[:MOST_WORDS] + CUT


def _start(work: Work, pull_id: UUID, words: dict[UUID, str]) -> bool:
    """Those rounds have begun together, if they still are wanted; whether they have. Nobody else admits meanwhile."""
    pull = pulls.get_pull(work, pull_id)
    wanted = [one for one in rounds_store.select_wanted(work.conn, pull_id) if one.id in words and not _is_stale(pull, one)]
    ids = [one.id for one in wanted]
    if not (pull.state.is_open and pull.is_ours and pull.issue_id and pull.run_id and wanted):
        rounds_store.set_dropped(work.conn, list(words), "The pull request has moved on.")
        return False
    rounds_store.set_dropped(work.conn, [round_id for round_id in words if round_id not in ids], "Another commit has come since.")
    new = NewSpawn(
        workflow=runs.get_run(work, pull.run_id).workflow, continues=pull.run_id, words=_join([words[round_id] for round_id in ids])
    )
    spawn = request(work, pull.issue_id, new, actor=Actor(kind=ActorKind.GITHUB, name=wanted[-1].said_by or "CI"))
    if spawn.state is SpawnState.REFUSED:
        rounds_store.set_dropped(work.conn, ids, spawn.reason, spawn_id=spawn.id)
    else:
        rounds_store.set_begun(work.conn, ids, spawn.id)
    pulls.announce(work, pulls.get_pull(work, pull_id))
    return spawn.state is not SpawnState.REFUSED


def _is_stale(pull: Pull, one: Round) -> bool:
    """What failed on an older commit says nothing about the newest."""
    return one.kind == "repair" and one.key != pull.head_sha
