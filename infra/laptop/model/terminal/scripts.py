"""What the terminal's model does for each wish: which tools it uses, and what it says about what they gave."""

import re
from collections.abc import Callable, Mapping

from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Script, Step, use
from infra.laptop.model.terminal.reporting import new_issue, report, say_what_was_asked
from infra.laptop.model.terminal.results import (
    decisions_in_words,
    fleet_in_words,
    is_open,
    items_in,
    name,
    one_in,
    sentence_of,
    status_of,
    table_of,
)
from infra.laptop.model.terminal.wishes import Kind, Wish, changes_in, title_of

DISPATCHES = {
    Kind.IMPLEMENT: ("dispatch_implementation", "implement"),
    Kind.QA: ("dispatch_qa", "test"),
    Kind.TRIAGE: ("dispatch_triage", "triage"),
    Kind.RESEARCH: ("dispatch_research", "research"),
    Kind.INVESTIGATE: ("dispatch_investigation", "investigate"),
}
UNDERSTOOD = """\
- **“The total is wrong for orders with a discount, look into it”**: I search, make an issue, and offer to start an investigation
- **“implement DISPATCH-3”**, **“test DISPATCH-3”**, **“triage DISPATCH-3”**, **“research how discounts are rounded”**
- **“what is running”**, **“list open issues”**, **“search for discount”**
- **“show DISPATCH-3”**, **“why DISPATCH-3”**, **“move DISPATCH-3 to In Review”**, **“close DISPATCH-3”**"""
REAL_ONE = "I am the scripted model: I go by patterns and do not think. Set `ANTHROPIC_API_KEY` and start again for a real one."


def greet(_: Conversation, __: Wish) -> Script:
    """What can be asked for is said."""
    return Step(
        f"Hello. This is Dispatch: tell me what should be done, and an agent does it once you have agreed.\n\n{UNDERSTOOD}\n\n{REAL_ONE}"
    )
    yield


def admit(_: Conversation, __: Wish) -> Script:
    """It is said that these words were not understood."""
    return Step(f"That is beyond me. {REAL_ONE} I understand:\n\n{UNDERSTOOD}")
    yield


def acknowledge(_: Conversation, wish: Wish) -> Script:
    """One sentence about a pressed button, by what Dispatch says came of it."""
    about = wish.identifier or "the issue"
    outcome = wish.words.rpartition("]")[2].strip() or wish.words
    if "refused" in outcome.lower():
        return Step(f"{outcome} “why {about}” tells the whole decision.")
    if re.search(r"nothing was started|said no|not now|declined", outcome, re.IGNORECASE):
        return Step(f"All right: nothing is started on {about}. Say so when you change your mind.")
    if re.search(r"\bwaits?\b", outcome, re.IGNORECASE):
        return Step(f"{outcome} “why {about}” tells what it waits for.")
    return Step(f"An agent is on its way to {about}: open the issue to watch it work.")
    yield


def dispatch(_: Conversation, wish: Wish) -> Script:
    """An agent is offered for the named issue; without one, an issue comes first."""
    tool, verb = DISPATCHES[wish.kind]
    if not wish.identifier:
        asked = yield from use(tool, new_issue(wish.words), "I prepare that.")
        return Step(say_what_was_asked(asked, f"“{title_of(wish.words)}”"))
    inputs = {"identifier": wish.identifier} | ({} if wish.kind is Kind.TRIAGE else {"words": wish.words})
    asked = yield from use(tool, inputs, f"An agent to {verb} {wish.identifier}: I prepare that.")
    return Step(say_what_was_asked(asked, wish.identifier))


def point_to_plan(_: Conversation, wish: Wish) -> Script:
    """It is said where plans are approved: by a person, never by a model."""
    return Step(
        f"That is yours to do: the plan stands on the page of {wish.identifier}. Approving it there starts the implementation by itself."
    )
    yield


def why(_: Conversation, wish: Wish) -> Script:
    """The decisions on an issue are told."""
    told = yield from use("why", {"identifier": wish.identifier}, "")
    return Step(sentence_of(told) if told.is_error else f"**{wish.identifier}**\n\n{decisions_in_words(told)}")


def fleet(_: Conversation, __: Wish) -> Script:
    """What runs and waits is told."""
    told = yield from use("fleet_status", {}, "")
    return Step(sentence_of(told) if told.is_error else fleet_in_words(told))


def list_them(_: Conversation, wish: Wish) -> Script:
    """Issues are shown as a table: the open ones unless others were asked for."""
    wanted = changes_in(wish.words)
    if " in " in wish.words:
        wanted |= changes_in(f"set it to {wish.words.rpartition(' in ')[2]}")
    listed = yield from use("list_issues", wanted | {"limit": 50}, "")
    if listed.is_error:
        return Step(sentence_of(listed))
    all_of_them = "all" in wish.words.lower().split() or bool(wanted)
    issues = [issue for issue in items_in(listed) if all_of_them or is_open(issue)]
    return Step(f"{_count(len(issues), 'issue' if all_of_them else 'open issue')}.\n\n{table_of(issues)}" if issues else "There are none.")


def search(_: Conversation, wish: Wish) -> Script:
    """What a search finds is shown as a table."""
    query = title_of(wish.words)
    found = yield from use("search_issues", {"query": query, "limit": 10}, "")
    if found.is_error:
        return Step(sentence_of(found))
    issues = items_in(found)
    return Step(f"{_count(len(issues), 'issue')} for “{query}”.\n\n{table_of(issues)}" if issues else f"Nothing found for “{query}”.")


def show(_: Conversation, wish: Wish) -> Script:
    """One issue is told."""
    got = yield from use("get_issue", {"identifier": wish.identifier}, "")
    if got.is_error:
        return Step(sentence_of(got))
    issue = one_in(got)
    description = str(issue.get("description") or "").strip()
    facts = " · ".join(filter(None, [status_of(issue), str(issue.get("priority") or "")]))
    return Step(f"**{name(issue)}** {issue.get('title', '')}\n\n{facts}\n\n{description or 'No description.'}")


def update(_: Conversation, wish: Wish) -> Script:
    """The issue is changed as asked."""
    changes = changes_in(wish.words)
    if not changes:
        return Step(f"What should change on {wish.identifier}? I can set its status, priority or title.")
    done = yield from use("update_issue", {"identifier": wish.identifier, **changes}, "")
    told = " and ".join(f"its {key} is now “{value}”" for key, value in changes.items())
    return Step(sentence_of(done) if done.is_error else f"Done: {wish.identifier}, {told}.")


def create(_: Conversation, wish: Wish) -> Script:
    """An issue is made, and nothing started."""
    made = yield from use("create_issue", new_issue(wish.words), "")
    if made.is_error:
        return Step(sentence_of(made))
    identifier = name(one_in(made))
    return Step(f"{identifier}: “{title_of(wish.words)}”. Say “investigate {identifier}” to put an agent on it.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


SCRIPTS: Mapping[Kind, Callable[[Conversation, Wish], Script]] = {
    Kind.PRESSED: acknowledge,
    Kind.HELP: greet,
    Kind.WHY: why,
    Kind.APPROVE: point_to_plan,
    Kind.IMPLEMENT: dispatch,
    Kind.QA: dispatch,
    Kind.TRIAGE: dispatch,
    Kind.RESEARCH: dispatch,
    Kind.INVESTIGATE: dispatch,
    Kind.UPDATE: update,
    Kind.SHOW: show,
    Kind.FLEET: fleet,
    Kind.LIST: list_them,
    Kind.SEARCH: search,
    Kind.CREATE: create,
    Kind.REPORT: report,
    Kind.UNKNOWN: admit,
}
