"""What a person wants from the terminal, told from their words by patterns; nothing cleverer than that."""

import re
from dataclasses import dataclass
from enum import StrEnum

IDENTIFIER = re.compile(r"\b([A-Za-z][A-Za-z0-9]*-\d+)\b")


class Kind(StrEnum):
    """What is wanted."""

    PRESSED = "pressed"
    HELP = "help"
    WHY = "why"
    APPROVE = "approve"
    IMPLEMENT = "implement"
    QA = "qa"
    TRIAGE = "triage"
    RESEARCH = "research"
    INVESTIGATE = "investigate"
    UPDATE = "update"
    SHOW = "show"
    FLEET = "fleet"
    LIST = "list"
    SEARCH = "search"
    CREATE = "create"
    REPORT = "report"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Wish:
    """A kind, and the issue it names; "" when it names none."""

    kind: Kind
    identifier: str
    words: str


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


PRESSED = _any(
    r"^\[",  # how Dispatch sets its own notes apart from a person's words
    r"^\W*(?:the )?(?:person|owner|user|they|you|button|choice)?\W*(?:has |was )?(?:pressed|chosen?|clicked|picked|declined|took|taken)\b",
    r"\bpressed\b.*\bbutton",
)
# In both tables the first that fits wins.
ABOUT_AN_ISSUE = (
    (Kind.WHY, _any(r"\bwhy\b")),
    (Kind.APPROVE, _any(r"\b(?:approve|return|send back)\b")),
    (Kind.UPDATE, _any(r"\b(?:close|cancel|reopen|move|rename|priority|mark|set)\b", r"\bP[1-4]\b")),
    (Kind.IMPLEMENT, _any(r"\b(?:implement|build)\b")),
    (Kind.QA, _any(r"\b(?:test|qa|verify|check)\b")),
    (Kind.TRIAGE, _any(r"\btriage\b")),
    (Kind.RESEARCH, _any(r"\bresearch\b")),
    (Kind.INVESTIGATE, _any(r"\b(?:investigate|look (?:into|at)|plan|fix|dig|again|retry|start|dispatch an)\b")),
    (Kind.SHOW, _any("")),
)
OTHERWISE = (
    (
        Kind.HELP,
        _any(
            r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|help|thanks?(?: you)?|\?)\W*(?:there|dispatch)?\W*$",
            r"^\W*(?:what can you do|who are you)\b",
        ),
    ),
    (
        Kind.FLEET,
        _any(
            r"^\W*(?:fleet|status|budget)\b.{0,12}$",
            r"what(?:'s| is)? (?:running|going on|happening)",
            r"\b(?:agents?|runs?) (?:are |is )?(?:running|active|working)",
            r"how much .*(?:spent|left|cost)",
        ),
    ),
    (
        Kind.LIST,
        _any(
            r"\b(?:list|show)\b.{0,30}\b(?:issues?|board|backlog)\b",
            r"what(?:'s| is| are)?\b.{0,12}\bopen\b",
            r"^\W*(?:open )?issues\W*$",
        ),
    ),
    (Kind.SEARCH, _any(r"^\W*(?:please )?(?:search|find(?! out)|look for)\b")),
    (Kind.CREATE, _any(r"^\W*(?:please )?(?:create|make|open|file|add) an? (?:new )?issue\b")),
    (Kind.RESEARCH, _any(r"^\W*(?:please |can you )?(?:do )?(?:some )?research\b")),
    (
        Kind.REPORT,
        _any(
            r"\b(?:wrong|broken|breaks?|fail(?:s|ed|ing)?|errors?|bugs?|crash\w*|slow|incorrect|missing|twice)\b",
            r"\btoo (?:much|little|many|few|low|high|often|late)\b",
            r"\b(?:doesn'?t|does not|isn'?t|won'?t|can(?:no|')t|not work\w*|look into|investigate|fix|why does|why is|find out|plan)\b",
            r"^\W*(?:please |can you |could you )?(?:add|build|make|implement|support|i want|i need|we need|we want|let's)\b",
        ),
    ),
)

_ASKING = r"(?:\b(?:and|so|please|pls|can you|could you|would you|will you|then)\b[\s,]*)*"
TAIL = re.compile(
    rf"[\s,.;:!?—-]*{_ASKING}"
    r"\b(?:look (?:into|at) (?:it|this|that)|investigate(?: (?:it|this|that))?|fix (?:it|this|that)|find out why|take care of it)\b.*$",
    re.IGNORECASE,
)
HEAD = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|can you|could you|would you|i think|it seems(?: that)?|there is|there's|do|some)\b[\s,]*)*"
    r"(?:(?:look into|investigate|research|fix|search(?: for)?|find|look for)\b[\s:,]*(?:why |how |whether |issues? (?:about|on|with) )?"
    r"|(?:create|make|open|file|add) an? (?:new )?issue\b[\s:,]*(?:about |for |that |saying )?)?",
    re.IGNORECASE,
)


def understand(words: str) -> Wish:
    """What these words ask for."""
    named = IDENTIFIER.search(words)
    if PRESSED.search(words):
        return Wish(Kind.PRESSED, named[1].upper() if named else "", words)
    for kind, pattern in ABOUT_AN_ISSUE if named else OTHERWISE:
        if pattern.search(words):
            return Wish(kind, named[1].upper() if named else "", words)
    return Wish(Kind.UNKNOWN, "", words)


def title_of(words: str) -> str:
    """An issue's title from the words: without the asking around them, one sentence, 90 letters at most."""
    first = re.split(r"(?<=[.!?])\s|\n", TAIL.sub("", words).strip())[0]
    title = HEAD.sub("", first, count=1).strip(' ,.;:!?"“”') or first.strip() or words.strip()
    if len(title) > 90:
        title = title[:90].rsplit(" ", 1)[0] + " …"
    return title[:1].upper() + title[1:]


def changes_in(words: str) -> dict[str, str]:
    """What an update asks to change: status, priority, title; empty when it names none."""
    changes: dict[str, str] = {}
    if renamed := re.search(r"\brename\b.*?\b(?:to|as)\b\s+[\"“]?(.+?)[\"”]?\s*$", words, re.I | re.S):
        return {"title": renamed[1]}
    if priority := re.search(r"\bP([1-4])\b|\bpriority\D{0,12}([1-4])\b", words, re.I):
        changes["priority"] = f"P{priority[1] or priority[2]}"
    if moved := re.search(r"\b(?:move|set|mark)\b.*\b(?:to|as|into)\s+[\"“]?([A-Za-z][A-Za-z ]+?)[\"”.!]?\s*$", words, re.I):
        changes["status"] = moved[1].strip().title()
    elif re.search(r"\bcancel", words, re.I):
        changes["status"] = "Canceled"
    elif re.search(r"\bclose", words, re.I):
        changes["status"] = "Done"
    elif re.search(r"\breopen", words, re.I):
        changes["status"] = "Backlog"
    return changes
