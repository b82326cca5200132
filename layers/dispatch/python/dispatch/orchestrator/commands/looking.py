"""Commands that look: each answers in markdown from the rooms, at once and for nothing."""

from dispatch import issues, plans, runs, spawning, verification
from dispatch.issues import IssueFilter
from dispatch.kit.errors import BadInput
from dispatch.kit.work import Work
from dispatch.orchestrator.commands.limiting import money, stopped
from dispatch.orchestrator.commands.markdown import clock, issue_table, plain, run_table, table, usd, waits_for
from dispatch.people import Caller
from dispatch.spawning import Decision, Tried

SHOWN = 30
DESCRIPTION_LETTERS = 4000


def status(work: Work, _words: str, _caller: Caller) -> str:
    """What runs, what waits, and what waits for people."""
    fleet, inbox = spawning.fleet(work), spawning.inbox(work, limit=SHOWN)
    parts = [f"**{fleet.slots.used} of {fleet.slots.total} agents at work**, {len(fleet.waiting)} waiting. {money(fleet)}"]
    if lines := stopped(fleet):
        parts.append("\n".join(lines))
    if fleet.running:
        parts.append(run_table(fleet.running))
    if fleet.waiting:
        parts.append(
            "\n".join(
                f"- {spawn.identifier} {spawn.workflow} waits: {plain(spawn.reason)}{_turn(spawn.would_turn)}"
                for spawn in fleet.waiting[:SHOWN]
            )
        )
    if inbox:
        needs = [f"- {item.issue.identifier} **{item.kind}**: {plain(item.text, most=200)}" for item in inbox]
        parts.append("\n".join(["**Needs you**", "", *needs]))
    return "\n\n".join(parts)


def backlog(work: Work, _words: str, _caller: Caller) -> str:
    """The first column."""
    return _column(work, issues.list_statuses(work)[0].name)


def triage(work: Work, words: str, _caller: Caller) -> str:
    """What is being looked into; an agent is asked for in words, as it costs money."""
    if words:
        issue = issues.get_issue(work, words)
        return f"An agent costs money, so I ask first: say “triage {issue.identifier}” and I show you the button."
    return _column(work, "Investigating")


def board(work: Work, words: str, _caller: Caller) -> str:
    """All columns with their counts, or one of them."""
    if words:
        return _column(work, words)
    columns = issues.board(work, per_column=5).columns
    rows = [(column.status.name, str(column.total), ", ".join(card.identifier for card in column.items)) for column in columns]
    return table(("Status", "Issues", "First"), rows)


def issue(work: Work, words: str, _caller: Caller) -> str:
    """One issue."""
    found = issues.get_issue(work, _needed(words, "/issue DISPATCH-12"))
    facts = [found.status.name, found.priority, waits_for(found), f"{usd(found.cost_usd)} so far"]
    text = found.description if len(found.description) <= DESCRIPTION_LETTERS else found.description[:DESCRIPTION_LETTERS] + "…"
    parts = [f"**{found.identifier}** {plain(found.title)}", " · ".join(fact for fact in facts if fact)]
    if text.strip():
        parts.append("\n".join(f"> {plain(line, most=1000)}" for line in text.splitlines()))
    if latest := runs.list_runs(work, found.id, limit=5):
        parts.append(run_table(latest))
    return "\n\n".join(parts)


def search(work: Work, words: str, _caller: Caller) -> str:
    """Issues that share words with the query."""
    found = issues.search_issues(work, _needed(words, "/search wrong total"), limit=10)
    return issue_table(found) if found else f"Nothing found for “{plain(words)}”."


def why(work: Work, words: str, _caller: Caller) -> str:
    """What the gates said; and of an error, how its newest fix stands."""
    decisions = spawning.why(work, _needed(words, "/why DISPATCH-12"))[:10]
    fix = [
        f"- **fix {one.state.replace('_', ' ')}**: {plain(one.reason, most=600)}" for one in verification.get_fix(work, words).attempts[:1]
    ]
    return "\n".join([*map(_decision, decisions), *fix]) or "Nothing was ever asked to run on it."


def packet(work: Work, words: str, _caller: Caller) -> str:
    """What whoever takes the issue over needs."""
    found = spawning.get_packet(work, _needed(words, "/packet DISPATCH-12"))
    parts = [f"**{found.issue.identifier}** {plain(found.issue.title)}"]
    if found.handed_over_at:
        parts.append(f"Agents failed at it {found.failed_in_a_row} times in a row; it is a person's since {clock(found.handed_over_at)}.")
    if error := found.error:
        seen = f"seen {error.occurrences} times from {clock(error.first_seen)} to {clock(error.last_seen)}"
        parts.append(f"The error {plain(error.name)}, {seen}: {plain(error.message, most=500)}")
    parts.append("\n".join(map(_tried, found.tried)) or "No run has ended on it yet.")
    if found.refuted:
        refuted = [f"- {plain(one.cause, most=500)} *{plain(one.because, most=500)}*" for one in found.refuted]
        parts.append("\n".join(["**It was not**", "", *refuted]))
    if found.suspects:
        suspects = [f"- {one.sha[:12]} {plain(one.title)} *{plain(one.because)}*" for one in found.suspects]
        parts.append("\n".join(["**Suspects**", "", *suspects]))
    return "\n\n".join(parts)


def list_runs(work: Work, words: str, _caller: Caller) -> str:
    """The latest runs, of one issue or of all."""
    found = runs.list_runs(work, issues.get_issue(work, words).id if words else None, limit=15)
    return run_table(found) if found else "There has been no run yet."


def plan(work: Work, words: str, _caller: Caller) -> str:
    """The newest plan of an issue."""
    found = plans.find_plan(work, _needed(words, "/plan DISPATCH-12"))
    if found is None:
        return "It has no plan yet."
    by = f" by {found.decided_by.name}" if found.decided_by else ""
    return f"**Version {found.version}, {found.state}{by}**\n\n{found.markdown}"


def _column(work: Work, name: str) -> str:
    known = {status.name.lower(): status.name for status in issues.list_statuses(work)}
    if name.lower() not in known:
        raise BadInput(f"There is no status “{plain(name)}”. There are: {', '.join(known.values())}.")
    page = issues.list_issues(work, IssueFilter(status=known[name.lower()]), limit=SHOWN)
    if not page.items:
        return f"{known[name.lower()]} is empty."
    more = f"\n\nOnly the newest {SHOWN} are shown." if page.next_cursor else ""
    return issue_table(page.items) + more


def _needed(words: str, example: str) -> str:
    if not words:
        raise BadInput(f"Say which, as in `{example}`.")
    return words


def _decision(decision: Decision) -> str:
    return f"- **{decision.verdict}** {decision.workflow}, {clock(decision.at)}: {plain(decision.reason)}{_turn(decision.would_turn)}"


def _tried(one: Tried) -> str:
    fix = f" Its fix: {one.fix}. {plain(one.because or '', most=300)}" if one.fix else ""
    cost = usd(one.cost_usd) if one.cost_usd is not None else "cost unknown"
    return f"- {clock(one.at)} {one.workflow} **{one.outcome}**, {cost}: {plain(one.summary, most=500)}{fix}"


def _turn(smallest_change: str | None) -> str:
    return f" *{plain(smallest_change)}*" if smallest_change else ""
