"""An error that a person splits or merges, and what becomes of the issues."""

from uuid import UUID

from dispatch import activity, families, issues
from dispatch.families import Family, Merge, Split
from dispatch.intake import store
from dispatch.intake.describing import describe
from dispatch.intake.rules import priority_of, title_of
from dispatch.issues import IssueChange, NewIssue
from dispatch.kit.actors import Actor
from dispatch.kit.events import Event
from dispatch.kit.work import Work


def split_error(work: Work, ref: UUID | str, wanted: Split, *, actor: Actor) -> Family:
    """These wordings are an error of their own, which is returned; where the other's issue is open, it has one too.

    Raises FamilyNotFound, NotItsWording, NothingLeft.
    """
    family = families.get_family(work, ref)
    made = families.split(work, family.id, wanted.fingerprints, wanted.because, actor=actor)
    standing = store.select_standing(work.conn, family.issue_id) if family.issue_id else None
    if standing and not standing.is_closed and not families.is_muted(work, made):
        made.issue_id = _open(work, made, standing.identifier, actor=actor)
    for one in (family, made):
        if one.issue_id:
            said = {"family": family.name, "into": made.name, "because": wanted.because, "occurrences": made.occurrences}
            activity.add_activity(work, one.issue_id, Event.FAMILY_SPLIT, actor=actor, data=said)
        families.publish_card(work, one.id, one.issue_id)
    return made


def merge_errors(work: Work, ref: UUID | str, wanted: Merge, *, actor: Actor) -> Family:
    """The two are one error, which is returned: under the other's name, and with its issue, where it has one.

    The issue that is left over is cancelled, unless an agent works on it: then a person decides. Raises FamilyNotFound, SameFamily.
    """
    family, other = families.get_family(work, ref), families.get_family(work, wanted.into)
    merged = families.merge(work, family.id, other.id, wanted.because, actor=actor)
    said = {"family": family.name, "into": other.name, "because": wanted.because, "occurrences": family.occurrences}
    for issue_id in filter(None, (family.issue_id, other.issue_id)):
        if issues.find_issue(work, issue_id):
            activity.add_activity(work, issue_id, Event.FAMILY_MERGED, actor=actor, data=said)
    merged.issue_id = _settle(work, family, other, actor=actor)
    families.publish_merged(work, family.id, merged.id)
    families.publish_card(work, merged.id, merged.issue_id)
    return merged


def _open(work: Work, made: Family, identifier: str, *, actor: Actor) -> UUID:
    """The split error's own issue. No agent is sent by itself: a person is looking at it."""
    picture = families.get_picture(work, made.id)
    issue = issues.create_issue(
        work,
        NewIssue(
            title=title_of(made.source, made.feature, made.message),
            description=f"Split from {identifier}.\n\n{describe(picture)}",
            priority=priority_of(made.level, made.occurrences),
            customer=picture.customers[0].slug if len(picture.customers) == 1 else None,
        ),
        actor=actor,
        source="error",
    )
    families.link_issue(work, made.id, issue.id)
    return issue.id


def _settle(work: Work, family: Family, other: Family, *, actor: Actor) -> UUID | None:
    """Which issue is the merged error's; the one that is left over is closed with the reason."""
    standing = store.select_standing(work.conn, family.issue_id) if family.issue_id else None
    kept = issues.find_issue(work, other.issue_id) if other.issue_id else None
    if standing is None:
        return kept and kept.id
    if kept is None:
        families.link_issue(work, other.id, standing.id)
        return standing.id
    closed = [status.name for status in issues.list_statuses(work) if status.is_closed]
    if not standing.is_closed and not standing.has_run and closed:
        change = IssueChange(status=closed[-1], reason=f"It is the same error as {kept.identifier}.")
        issues.update_issue(work, standing.id, change, actor=actor)
    return kept.id
