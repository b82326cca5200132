"""A pull request's life: heard of, linked, opened, merged or closed; and what that moves. Its checks are in `ci`."""

from datetime import datetime
from uuid import UUID

from dispatch import activity, families, issues, stream
from dispatch.clients.github_pulls import PullNow
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.events import Event
from dispatch.kit.ids import new_id
from dispatch.kit.shapes import from_cursor, to_cursor
from dispatch.kit.work import Work
from dispatch.pulls import store
from dispatch.pulls.linking import Link, find_link, find_trailer
from dispatch.pulls.shapes import LinkedBy, NotClosed, Pull, PullFilter, PullNotFound, PullPage, PullState

PUBLISHER = Actor(kind=ActorKind.AGENT, name="publish")


def hear_pull(work: Work, now: PullNow, *, by: str | None = None) -> Pull:
    """The pull request is known as it is `now`; what is older than what is known changes nothing. `by` is who did it on GitHub.

    Where its state is new, its issue has moved and its story says so.
    """
    is_new = store.insert_pull(work.conn, new_id(), now, is_heard=True)
    before = _hold(work, now.repository, now.number)
    if not is_new and not _is_later(now, before):
        return before
    store.update_pull(work.conn, before.id, now)
    return _settle(work, before.id, None if is_new else before, find_link(work, now), actor=_github(by or now.author))


def note_opened(  # noqa: PLR0913 - all that a publish job knows
    work: Work,
    *,
    issue_id: UUID,
    run_id: UUID,
    repository: str,
    number: int,
    url: str,
    title: str,
    branch: str,
    head_sha: str,
    base: str,
    draft: bool,
    at: datetime,
) -> Pull:
    """Our own pull request is known, as the job that opened it (or pushed to it again) tells; GitHub's own word replaces it."""
    now = PullNow(
        repository=repository,
        number=number,
        url=url,
        title=title[:500],
        body="",
        state=PullState.DRAFT if draft else PullState.OPEN,
        author=None,
        is_bot=False,
        can_write=True,
        head_repository=repository,
        head_branch=branch,
        head_sha=head_sha,
        base_branch=base,
        opened_at=at,
        updated_at=at,
        merged_at=None,
        merge_commit=None,
        closed_at=None,
    )
    is_new = store.insert_pull(work.conn, new_id(), now, is_heard=False)
    before = _hold(work, repository, number)
    if before.run_id != run_id:  # a further round has pushed; told again later, somebody else may have
        store.set_head(work.conn, before.id, head_sha)
    return _settle(work, before.id, None if is_new else before, Link(issue_id, LinkedBy.BRANCH, run_id), actor=PUBLISHER)


def hear_push(work: Work, repository: str, branch: str, messages: list[str]) -> Pull | None:
    """The pull request of that branch, if it belongs to no issue yet, belongs to the one that the commits' trailer names."""
    pull_id = store.find_by_branch(work.conn, repository, branch)
    if pull_id is None or (pull := hold_pull(work, pull_id)).issue_id or not pull.state.is_open:
        return None
    link = find_trailer(work, messages)
    return _settle(work, pull.id, pull, link, actor=_github(pull.author)) if link else None


def link_by_hand(work: Work, pull_id: UUID, ref: str, *, actor: Actor) -> Pull:
    """The pull request belongs to that issue. Raises PullNotFound, IssueNotFound."""
    issue_id = issues.get_issue_id(work, ref)
    pull = hold_pull(work, pull_id)
    return link_pull(work, pull, Link(issue_id, LinkedBy.HAND), actor=actor) if issue_id != pull.issue_id else pull


def link_pull(work: Work, pull: Pull, link: Link, *, actor: Actor) -> Pull:
    """The held pull request belongs to that issue from now on, which hears how it stands."""
    store.set_link(work.conn, pull.id, link.issue_id, run_id=link.run_id, linked_by=link.by)
    linked = get_pull(work, pull.id)
    tell(work, linked, Event.PULL_LINKED, actor=actor, linked_by=link.by)
    if linked.state is not PullState.CLOSED:  # an old one that came to nothing moves nobody
        _move(work, linked, actor=actor)
    announce(work, linked)
    return linked


def give_reason(work: Work, pull_id: UUID, reason: str, *, actor: Actor) -> Pull:
    """Why the pull request was closed without being merged is known. Raises PullNotFound, NotClosed."""
    pull = hold_pull(work, pull_id)
    if not store.set_reason(work.conn, pull.id, reason):
        raise NotClosed
    explained = get_pull(work, pull_id)
    tell(work, explained, Event.PULL_CLOSED, actor=actor, reason=reason)
    announce(work, explained)
    return explained


def get_pull(work: Work, pull_id: UUID) -> Pull:
    """The pull request. Raises PullNotFound."""
    pull = store.select_pull(work.conn, pull_id)
    if pull is None:
        raise PullNotFound
    return pull


def hold_pull(work: Work, pull_id: UUID) -> Pull:
    """The pull request, held until the work ends. Raises PullNotFound."""
    store.lock_pull_id(work.conn, pull_id)
    return get_pull(work, pull_id)


def find_open(work: Work, issue_id: UUID) -> Pull | None:
    """The issue's newest open pull request; never one from a fork, whose branch strangers write."""
    pull_id = store.find_open(work.conn, issue_id)
    return get_pull(work, pull_id) if pull_id else None


def find_by_branch(work: Work, repository: str, branch: str) -> Pull | None:
    """The newest pull request of that branch of the repository itself, an open one first."""
    pull_id = store.find_by_branch(work.conn, repository, branch)
    return get_pull(work, pull_id) if pull_id else None


def find_by_number(work: Work, repository: str, number: int) -> Pull | None:
    """The pull request of that number, held until the work ends; None where it is not known yet."""
    pull_id = store.lock_pull(work.conn, repository, number)
    return get_pull(work, pull_id) if pull_id else None


def list_pulls(work: Work, wanted: PullFilter, *, cursor: str | None = None, limit: int = 50) -> PullPage:
    """The pull requests that fit, newest first. Raises BadInput for a cursor that is not ours."""
    found = store.select_pulls(work.conn, wanted, after=from_cursor(cursor, 2), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return PullPage(items=found[:limit], next_cursor=to_cursor(last.opened_at, last.id) if last else None)


def list_open(work: Work, *, limit: int) -> list[Pull]:
    """The newest open pull requests, drafts among them."""
    return [
        pull
        for state in (PullState.DRAFT, PullState.OPEN)
        for pull in store.select_pulls(work.conn, PullFilter(state=state), after=None, limit=limit)
    ]


def announce(work: Work, pull: Pull) -> None:
    """Whoever looks at the issue sees the pull request as it is now; it may need a person, or no more."""
    if pull.issue_id:
        stream.publish(work, f"issue:{pull.issue_id}", Event.PULL_CHANGED, pull)
        stream.publish_change(work, "inbox", Event.INBOX_CHANGED)


def tell(work: Work, pull: Pull, kind: Event, *, actor: Actor, **data: object) -> None:
    """The issue's story has an entry about this pull request."""
    if pull.issue_id:
        about = {"pull_id": str(pull.id), "repository": pull.repository, "number": pull.number, "url": pull.url, "title": pull.title}
        activity.add_activity(work, pull.issue_id, kind, actor=actor, run_id=pull.run_id, data={**about, **data})


def _hold(work: Work, repository: str, number: int) -> Pull:
    pull = find_by_number(work, repository, number)
    if pull is None:
        raise PullNotFound
    return pull


def _is_later(now: PullNow, known: Pull) -> bool:
    """Whether `now` is no older than what is known. Merged is for ever; of one second, the further state is the later."""
    merged = PullState.MERGED
    if (now.state == merged) != (known.state is merged):
        return now.state == merged
    if known.heard_at is None:
        return True
    return (now.updated_at, PullState(now.state).rank) >= (known.heard_at, known.state.rank)


def _settle(work: Work, pull_id: UUID, before: Pull | None, link: Link | None, *, actor: Actor) -> Pull:
    """What has changed since `before` (None: everything) has been told, and has moved the issue."""
    if link and _is_surer(link, get_pull(work, pull_id)):
        store.set_link(work.conn, pull_id, link.issue_id, run_id=link.run_id, linked_by=link.by)
    pull = get_pull(work, pull_id)
    if pull.issue_id and (before is None or before.issue_id is None):
        tell(work, pull, Event.PULL_OPENED, actor=actor, draft=pull.state is PullState.DRAFT, linked_by=pull.linked_by)
        if not pull.state.is_open:
            tell(work, pull, STORY[pull.state], actor=actor)
        _move(work, pull, actor=actor)
    elif pull.issue_id and before and _has_moved(before.state, pull.state):
        store.forget_reason(work.conn, pull_id)
        tell(work, pull, STORY[pull.state], actor=actor)
        _move(work, pull, actor=actor)
    announce(work, settled := get_pull(work, pull_id))
    return settled


def _is_surer(link: Link, known: Pull) -> bool:
    """What is linked stays so, but for the newest run of our own branch; and what a person linked stays so whatever comes."""
    return known.issue_id is None or (link.run_id not in {None, known.run_id} and known.linked_by is not LinkedBy.HAND)


def _has_moved(before: PullState, now: PullState) -> bool:
    return before is not now and not (before.is_open and now.is_open)


def _move(work: Work, pull: Pull, *, actor: Actor) -> None:
    """The issue goes where its pull request is. Merging needs a right on GitHub; opening and closing counts by those who have one."""
    assert pull.issue_id  # noqa: S101 - it is linked
    issue = issues.get_issue(work, pull.issue_id, lock=True)
    target = _destination(work, pull)
    if issue.status.is_closed or issue.status.name == target or not (pull.is_ours or pull.is_trusted or pull.state is PullState.MERGED):
        return
    if pull.state.is_open or not store.has_other_open(work.conn, issue.id, pull.id):
        issues.move_issue(work, issue.id, target, actor=actor)


def _destination(work: Work, pull: Pull) -> str:
    """Closed unmerged, an agent's work is for a person to look at, and a person's goes on. An error's fix has yet to be verified."""
    if pull.state.is_open:
        return "In Review"
    if pull.state is PullState.MERGED:
        is_errors = pull.issue_id is not None and families.find_by_issue(work, pull.issue_id) is not None
        return "In Review" if is_errors else "Done"
    return "Needs Review" if pull.is_ours else "In Progress"


def _github(login: str | None) -> Actor:
    return Actor(kind=ActorKind.GITHUB, name=login or "GitHub")


STORY = {
    PullState.DRAFT: Event.PULL_OPENED,
    PullState.OPEN: Event.PULL_OPENED,
    PullState.MERGED: Event.PULL_MERGED,
    PullState.CLOSED: Event.PULL_CLOSED,
}
