"""deep-research: follow the topic's words through the repository and report with sources. Works on any repository, by its text alone."""

import re
from collections import Counter
from collections.abc import Sequence

from infra.laptop.model.agent.brief import Brief
from infra.laptop.model.agent.elsewhere import what_was_seen
from infra.laptop.model.agent.hand_in import SCRIPTED, hand_in
from infra.laptop.model.agent.looking import Files, list_files, read_files, search
from infra.laptop.model.reading import Conversation
from infra.laptop.model.script import Part, Script, use

COMMON = frozenset(
    re.findall(
        r"\w+",
        "about after again also before being between could does doing every from have into only other over really research should some "
        "than that their them then there these they this through under used uses what when where which while with within without would",
    )
)
PLURAL = re.compile(r"s$")


def research(conversation: Conversation, brief: Brief) -> Script:
    """A report with a source for each sentence is handed in."""
    files = yield from list_files(conversation, f"{brief.identifier}: I research “{brief.title}”. What does the repository hold on it?")
    words = topic_words(brief.title)
    found: list[str] = []
    for word in words[:2]:
        found += yield from search(conversation, word, f"Where does it speak of “{word}”?")
    best = [name for name, _ in Counter(line.split(":")[0] for line in found).most_common(3)]
    wanted = [name for name in dict.fromkeys(["README.md", *best]) if name in files.names]
    yield from read_files(conversation, files, wanted, f"I read {len(wanted)} of them whole.")
    history = yield from _history(conversation, words)
    report = _report(brief, files, found, history, words)
    result = {"outcome": "completed" if found else "investigation_complete", "summary": report.split("\n\n")[1][:300], "report": report}
    return (yield from hand_in(conversation, brief, result, "I have what the repository can tell; I write it down with its sources."))


def topic_words(title: str) -> list[str]:
    """The words worth following, longest first."""
    words = dict.fromkeys(PLURAL.sub("", word) for word in re.findall(r"[a-z]{4,}", title.lower()) if word not in COMMON)
    return sorted(words, key=len, reverse=True)


def _history(conversation: Conversation, words: Sequence[str]) -> Part[list[str]]:
    if not conversation.can("Bash"):
        return []
    inputs = {"command": "git log --oneline -n 30", "description": "Read the history"}
    log = yield from use("Bash", inputs, "And how it came about: the history.")
    return [] if log.is_error else [line for line in log.text.splitlines() if any(word in line.lower() for word in words)]


def _report(brief: Brief, files: Files, found: Sequence[str], history: Sequence[str], words: Sequence[str]) -> str:
    named = ", ".join(f"“{word}”" for word in words[:2]) or "anything in the title"
    places = Counter(line.split(":")[0] for line in found)
    answer = (
        f"The repository speaks of {named} in {len(places)} files, {len(found)} lines."
        if found
        else f"The repository says nothing of {named}. {what_was_seen(files)}"
    )
    parts = [f"# {brief.title}", answer]
    if found:
        parts += ["## What it says", "\n".join(_quoted(line) for line in _telling(found))]
    if history:
        parts += ["## How it came about", "\n".join(f"- {line}" for line in history[:8])]
    sources = "\n".join(
        f"- `{name}` ({'read whole' if name in files.sources else 'searched'})" for name in dict.fromkeys([*files.sources, *places])
    )
    parts += [
        "## Sources",
        sources or "None.",
        "## Not found out",
        f"Anything beyond this repository's own text: I looked nothing up elsewhere. {SCRIPTED}",
    ]
    return "\n\n".join(parts)


def _telling(found: Sequence[str]) -> list[str]:
    """The lines worth quoting: prose and definitions before imports and calls, ten at most."""

    def rank(line: str) -> int:
        text = line.split(":", 2)[2].strip()
        return (
            0
            if line.startswith("README") or '"""' in text
            else 1
            if text.startswith(("def ", "class ", "function "))
            else 3
            if "import" in text
            else 2
        )

    return sorted(dict.fromkeys(found), key=rank)[:10]


def _quoted(line: str) -> str:
    path, number, text = line.split(":", 2)
    return f"- `{path}:{number}` {text.strip()}"
