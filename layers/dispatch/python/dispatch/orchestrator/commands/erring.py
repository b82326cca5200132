"""Commands about errors: which there are, one of them, and what is to stay out."""

from dispatch import families
from dispatch.families import FamilyCard, FamilyFilter, FamilyWhole, NewMute, Scope
from dispatch.kit.errors import BadInput
from dispatch.kit.work import Work
from dispatch.orchestrator.commands.acting import check_right
from dispatch.orchestrator.commands.markdown import clock, plain, table
from dispatch.people import Caller, Right

SHOWN = 20
MUTE = "Say which and why, as in `/mute DISPATCH-12 The vendor is down` or `/mute source payments We move them`."


def errors(work: Work, words: str, _caller: Caller) -> str:
    """The errors that were seen last, those with these words, or the one of an issue."""
    if words and (found := families.find_family(work, words)):
        return _whole(families.get_whole(work, found.id))
    cards = families.list_families(work, FamilyFilter(query=words or None), limit=SHOWN).items
    if not cards:
        return "No error was seen." if not words else "No error has these words."
    return table(("Error", "Message", "Seen", "Last", "Issue", "Now"), [_row(card) for card in cards])


def mute(work: Work, words: str, caller: Caller) -> str:
    """An error, or a source, stays out until somebody ends that."""
    check_right(caller, Right.PLANS, "mute an error")
    scope, value, because = _read(words)
    made = families.mute(work, NewMute(scope=scope, value=value, because=because[:200]), actor=caller.actor)
    return f"Muted: {plain(made.value)}. It is counted, and opens nothing, until `/unmute`."


def unmute(work: Work, words: str, caller: Caller) -> str:
    """It stays out no more."""
    check_right(caller, Right.PLANS, "unmute an error")
    family = families.find_family(work, words)
    value = family.name if family else words.removeprefix("source ").strip()
    standing = next((one for one in families.list_mutes(work) if one.value == value), None)
    if standing is None:
        raise BadInput("That is not muted.")
    families.unmute(work, standing.id, actor=caller.actor)
    return f"Muted no more: {plain(value)}."


def _read(words: str) -> tuple[Scope, str, str]:
    first, _, rest = words.partition(" ")
    value, _, because = rest.partition(" ") if first == "source" else (first, "", rest)
    if not value or not because.strip():
        raise BadInput(MUTE)
    return (Scope.SOURCE if first == "source" else Scope.FAMILY), value, because.strip()


def _row(card: FamilyCard) -> tuple[str, ...]:
    seen = f"{card.occurrences:,}" + (f" by {card.users:,}" if card.users else "")
    issue = card.issue.identifier if card.issue else ""
    return plain(card.name, most=60), plain(card.message, most=80), seen, clock(card.last_seen), issue, _now(card)


def _now(card: FamilyCard) -> str:
    if card.mute:
        return "muted"
    if card.fix and card.fix.state in {"awaiting_deploy", "watching"}:
        return f"fix: {card.fix.state.replace('_', ' ')}"
    return card.issue.status.name if card.issue else ""


def _whole(error: FamilyWhole) -> str:
    hit = f" It hit {error.users:,} users and {error.organisations:,} organisations." if error.users or error.organisations else ""
    parts = [
        f"**{plain(error.name)}** {plain(error.message)}",
        f"Seen {error.occurrences:,} times, from {clock(error.first_seen)} to {clock(error.last_seen)} (UTC).{hit}",
        f"Newest release: {plain(error.release)}." if error.release else "",
        f"Issue: {error.issue.identifier}, {error.issue.status.name}, {error.issue.priority}." if error.issue else "It has no issue.",
        f"Muted by {plain(error.mute.by)}: {plain(error.mute.because)}" if error.mute else "",
        table(
            ("Wording", "Seen", "Why it is this error"),
            [(plain(w.message, most=80), f"{w.occurrences:,}", plain(w.because)) for w in error.wordings[:SHOWN]],
        ),
    ]
    return "\n\n".join(part for part in parts if part)
