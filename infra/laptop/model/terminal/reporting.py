"""A problem or wish told in the terminal: is it known already, else make an issue and offer an agent."""

import re

from infra.laptop.model.reading import Conversation, Turn
from infra.laptop.model.script import Json, Result, Script, Step, use
from infra.laptop.model.terminal.results import is_open, items_in, likeness, name, one_in, sentence_of, value_of
from infra.laptop.model.terminal.wishes import Kind, Wish, title_of, understand

ALIKE = 0.6  # of the words: "the total is wrong with a discount" and "Wrong total for discounted orders"
FEW_WORDS = 12  # an answer; more is something new to say
STAYS_ON_TOPIC = {Kind.UNKNOWN, Kind.CREATE, Kind.REPORT, Kind.HELP}
ANYWAY = re.compile(r"\b(new|another|separate|different|anyway|create|make)\b", re.IGNORECASE)
THAT_ONE = re.compile(r"\b(yes|yeah|ok|okay|that one|same|it is|go ahead|that|use it)\b", re.IGNORECASE)


def report(_: Conversation, wish: Wish) -> Script:
    """A known issue is named and asked about; a new one is made and an investigation offered."""
    title = title_of(wish.words)
    found = yield from use("search_issues", {"query": title, "limit": 5}, "Let me see whether this is known already.")
    known = similar_in(found, title)
    if known:
        return Step(
            f"This looks like **{name(known)}** “{known.get('title', '')}”, which is open. Is it the same? "
            f"Say “yes” and I put an agent on {name(known)}, or “new” and I make an issue of its own."
        )
    return (yield from make_and_offer(wish.words, "It is new. I write it down."))


def follow_up(conversation: Conversation) -> Script | None:
    """What comes after the question about a similar issue; None when none was asked, or the words are about something else."""
    before = conversation.turns[-2] if len(conversation.turns) > 1 else None
    known = _asked_about(before) if before else None
    words = conversation.latest.words
    if before is None or known is None or len(words.split()) > FEW_WORDS or understand(words).kind not in STAYS_ON_TOPIC:
        return None
    if ANYWAY.search(words):
        return make_and_offer(before.words, "Then it gets an issue of its own.")
    return _offer(name(known), before.words) if THAT_ONE.search(words) else None


def make_and_offer(words: str, text: str) -> Script:
    """An issue is made of the words, and an investigation of it offered."""
    made = yield from use("create_issue", new_issue(words), text)
    if made.is_error:
        return Step(f"I could not make the issue: {sentence_of(made)}")
    return (yield from _offer(name(one_in(made)), ""))


def new_issue(words: str) -> Json:
    """A title and description for an issue, from nothing but the words."""
    quoted = f"Told in the terminal, in these words:\n\n> {words.strip()}"
    is_report = understand(words).kind is Kind.REPORT
    wanted = "\n\nWanted: the cause, and a plan to put it right, before any code changes." if is_report else ""
    return {"title": title_of(words), "description": quoted + wanted}


def similar_in(found: Result, title: str) -> Json | None:
    """The open issue most like the title; None when none is like it."""
    if found.is_error:
        return None
    alike = [(likeness(title, str(issue.get("title", ""))), issue) for issue in items_in(found) if is_open(issue)]
    best = max(alike, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= ALIKE else None


def say_what_was_asked(asked: Result, about: str) -> str:
    """The closing sentence after a dispatch tool: the buttons decide, not the model."""
    if asked.is_error:
        return sentence_of(asked)
    made = value_of(asked)
    if isinstance(made, dict) and made.get("created"):
        about = f"{made.get('issue', 'A new issue')}, {about},"
    return f"{about} is ready to go. An agent costs money, so nothing starts until you press the button."


def _offer(identifier: str, words: str) -> Script:
    text = f"{identifier} it is. Next, an investigation: an agent reads the code, runs the tests and proposes a plan."
    added = {"words": words} if words else {}  # a new issue holds them already
    asked = yield from use("dispatch_investigation", {"identifier": identifier, **added}, text)
    return Step(say_what_was_asked(asked, identifier))


def _asked_about(turn: Turn) -> Json | None:
    """The similar issue that a turn ended by asking about."""
    searched = [result for result in turn.results if result.call.name == "search_issues"]
    if not searched or any(result.call.name == "create_issue" for result in turn.results):
        return None
    return similar_in(searched[0], title_of(turn.words))
