"""A brief, read: which workflow, which issue, what a person answered or sent back."""

import re
from dataclasses import dataclass

from infra.laptop.model.reading import Conversation

WORKFLOW = re.compile(r"^\W*workflow[ *:`]+([a-z]+-[a-z]+)\b", re.IGNORECASE | re.MULTILINE)
HEADER = re.compile(r"^\W*(?:workflow|issue)[ *]*:.*$", re.IGNORECASE | re.MULTILINE)  # what is told about the run, not by the issue
ISSUE = re.compile(r"^\W*issue[ *:`]+([A-Z][A-Z0-9]*-\d+)\b[ *:·`-]*(.*)$", re.IGNORECASE | re.MULTILINE)
TITLE = re.compile(r"^\W*title[ *]*:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
HEADING = re.compile(r"^(#+)\s+(.*)$")
FENCE = re.compile(r"^\s*(?:```.*|~~~.*|</?[\w-]+[^>]*>|<<<.*|>>>.*|-{3,}.*)\s*$", re.MULTILINE)  # what sets a quoted segment apart
QUOTE = re.compile(r"^>\s?", re.MULTILINE)
ASK_FIRST = "ask me first"


@dataclass(frozen=True)
class Brief:
    """What an agent was told."""

    text: str
    said: tuple[str, ...] = ()  # by a person, while it ran

    @property
    def workflow(self) -> str:
        found = WORKFLOW.search(self.text)
        return found[1].lower() if found else ""

    @property
    def identifier(self) -> str:
        found = ISSUE.search(self.text)
        return found[1] if found else "this issue"

    @property
    def title(self) -> str:
        """The issue's title; the brief's first words when it has no line for it."""
        titled, named = TITLE.search(self.text), ISSUE.search(self.text)
        title = titled[1] if titled else named[2] if named and named[2] else self.issue.split("\n")[0]
        return title[:120].strip()

    @property
    def issue(self) -> str:
        """The issue's own words; the whole brief when they are not set apart."""
        body = HEADER.sub("", self.text)
        return section(body, "description", "issue") or body.strip()

    @property
    def feedback(self) -> str:
        """What a person said when they returned the last plan; "" when none was returned."""
        return section(self.text, "feedback") or section(self.text, "sent back") or section(self.text, "returned")

    @property
    def answer(self) -> str:
        """What a person answered to an earlier question; "" when there is none."""
        return section(self.text, "answer")

    @property
    def wants_a_question(self) -> bool:
        return ASK_FIRST in self.text.lower() and not self.answer


def brief_in(conversation: Conversation) -> Brief:
    """The brief an agent's conversation opens with, and what people said since."""
    return Brief(conversation.opening, tuple(turn.words for turn in conversation.turns[1:]))


def section(text: str, *words: str) -> str:
    """What stands under the headings, or after the labels, that hold one of the words; "" when nothing does."""
    lines = text.split("\n")
    for index, line in enumerate(lines):
        label, _, rest = line.partition(":")
        if rest.strip() and len(label) < 60 and not label.lstrip().startswith(("-", "*", "|")) and _names(label, words):
            return _plain("\n".join([rest, *_until_blank(lines[index + 1 :])]))
        heading = HEADING.match(line)
        if heading and _names(heading[2], words):
            found = _plain("\n".join(_until_heading(lines[index + 1 :], len(heading[1]))))
            if found:
                return found
    return ""


def _names(label: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", label, re.IGNORECASE) for word in words)


def _until_blank(lines: list[str]) -> list[str]:
    end = next((index for index, line in enumerate(lines) if not line.strip() or HEADING.match(line)), len(lines))
    return lines[:end]


def _until_heading(lines: list[str], depth: int) -> list[str]:
    for index, line in enumerate(lines):
        heading = HEADING.match(line)
        if heading and len(heading[1]) <= depth:
            return lines[:index]
    return lines


def _plain(text: str) -> str:
    return QUOTE.sub("", FENCE.sub("", text)).strip()
