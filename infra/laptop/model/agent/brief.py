"""A brief, read: which workflow, which issue, what a person added, answered or sent back.

`dispatch.briefs` writes it: a head of `Name: value` lines, then segments under `##` headings, fenced where others wrote them.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from infra.laptop.model.reading import Conversation

HEAD = re.compile(r"^(Workflow|Issue|Run): *(\S+)$", re.MULTILINE)
SEGMENT = re.compile(
    r"^## (?P<heading>[^\n]+)\n+(?:<(?P<fence>part-[\w-]+)[^>\n]*>\n(?P<told>.*?)\n</(?P=fence)>|(?P<ruled>.*?))[ \t]*(?=\n+## |\Z)",
    re.MULTILINE | re.DOTALL,
)
ASK_FIRST = re.compile(r"\bask me first\b", re.IGNORECASE)


@dataclass(frozen=True)
class Brief:
    """What an agent was told."""

    text: str
    said: tuple[str, ...] = ()  # by a person, while it ran

    @property
    def workflow(self) -> str:
        return self._head.get("Workflow", "")

    @property
    def identifier(self) -> str:
        return self._head.get("Issue", "this issue")

    @property
    def title(self) -> str:
        """The issue's title, 120 letters at most."""
        return self._issue.partition("\n")[0][:120].strip()

    @property
    def asked(self) -> str:
        """What people want: the issue, and what was added for this run."""
        return "\n".join(filter(None, [self._issue, *self._under("What a person adds")]))

    @property
    def plan(self) -> str:
        """The approved plan, as it was written down; "" when there is none."""
        return "\n".join(self._under("The approved plan"))

    @property
    def feedback(self) -> str:
        """What a person said when they returned the last plan; "" when none was returned."""
        return "\n".join(self._under("What a person said when returning"))

    @property
    def answer(self) -> str:
        """What a person answered to the latest question of an earlier run; "" when there is none."""
        answered = self._under("What a person answered")
        return answered[-1] if answered else ""

    @property
    def wants_a_question(self) -> bool:
        """Whether to ask before choosing: people said so, and nothing is answered yet."""
        return bool(ASK_FIRST.search(self.asked)) and not self.answer

    @property
    def _issue(self) -> str:
        told = self._under("The issue")
        return told[0] if told else HEAD.sub("", self.text).strip()

    def _under(self, heading: str) -> list[str]:
        return [text for name, text in self._segments if name.startswith(heading)]

    @cached_property
    def _head(self) -> dict[str, str]:
        return dict(reversed(HEAD.findall(self.text)))  # the first of each: what others wrote comes later

    @cached_property
    def _segments(self) -> list[tuple[str, str]]:
        return [(found["heading"], (found["told"] or found["ruled"] or "").strip()) for found in SEGMENT.finditer(self.text)]


def brief_in(conversation: Conversation) -> Brief:
    """The brief an agent's conversation opens with, and what people said since."""
    return Brief(conversation.opening, tuple(turn.words for turn in conversation.turns[1:]))
