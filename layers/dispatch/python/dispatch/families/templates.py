"""The template that a message fits: its words, with a star for each value. Nothing is remembered here: what is known is passed in.

Most values show what they are at once: a path, a host, what stands behind `user` or `rhost=`. A plain word is taken for a value only where
many messages differ in nothing else, and never where it may be a verb: `open` and `close` of the same file are two errors.
"""

import re
from collections.abc import Sequence

ANY = "<*>"  # a value that only many messages together give away, unlike the stars of a normal form
MANY = 6  # words seen in one place, in messages that are otherwise equal, are values; one that looks like a name counts as two
STAR = "*"
MOST_WORDS = 200  # of a message count

# A name stands behind them, where it shows by its form that it is one; behind a few, whatever its form.
NOUNS = (
    *("user", "username", "login", "account", "customer", "tenant", "org", "member", "owner", "group", "role", "named", "called"),
    *("host", "hostname", "node", "server", "machine", "domain", "realm", "device", "interface", "address", "addr", "ip", "port", "peer"),
    *("file", "path", "dir", "directory", "folder", "bucket", "key", "id", "uuid", "name", "tag", "branch", "thread", "pid", "tid"),
    *("table", "column", "database", "db", "schema", "index", "topic", "queue", "channel", "partition", "shard", "cluster"),
    *("service", "container", "pod", "image", "namespace", "worker", "session", "request", "trace", "span"),
)
SURE_NOUNS = ("user", "username", "hostname", "tenant", "topic", "queue", "bucket", "table", "column", "plugin", "scope", "named", "called")
PARTS = (  # with what stands before them, they are one word
    *("account", "agent", "count", "data", "definition", "depth", "group", "id", "input", "lag", "length", "loader", "lock", "manager"),
    *(
        "message",
        "messages",
        "name",
        "policy",
        "profile",
        "role",
        "scan",
        "session",
        "settings",
        "size",
        "space",
        "system",
        "token",
        "type",
    ),
)
TELLING = (  # keys whose values say which error it is
    *("msg", "message", "error", "err", "exception", "reason", "cause", "status", "state", "code", "type", "kind", "level", "result"),
    *("method", "op", "operation", "action", "event", "source", "feature", "component", "module", "class", "phase", "step", "command"),
)
PREPOSITIONS = ("as", "at", "by", "for", "from", "in", "of", "on", "to", "via", "with")
BEFORE_HOSTS = ("for", "from", "to", "at", "on", "by", "with", "via", "using", "resolved", "proxy", STAR, *NOUNS)
# Words that say what happened to what stands before them.
PREDICATE = re.compile(
    r"(?i:not|no|is|was|are|were|has|had|have|and|or|of|for|from|to|by|at|on|in|with|without|as|than|then|while|when|after|before|does|did|do|can|cannot"
    r"|could|will|would|must|may|should|already|never|still|too|unknown|down|up|out|error|errors|timeout|exists|lost|found|gone|full|busy|dead|ok|bad"
    r"|invalid|valid|new|old|null|none|nil|undefined|empty|limit|quota|access|failure|failures|\w{3,}(?:ed|ing|able|ible|less)|\w+n't)"
)
VERBS_FOLLOW = ("to", "not", "cannot", "can't", "couldn't", "unable", "failed", "could", "will", "would", "must", "please", "we")
KIND = re.compile(r".*(?:Error|Exception|Failure|Fault)|[A-Z][A-Z_]{5,}")  # NullPointerException, ECONNREFUSED
EDGES = "()[]{}<>,;:.\"'`!?"
WORD = re.compile(r"[^\W\d_]{2,}")
HOST = re.compile(r"(?:[a-z0-9*_-]++\.)++[a-z*]{2,}(?::\*)?", re.IGNORECASE)
CODE = re.compile(r".*\.(?:py|[cm]?[jt]sx?|vue|svelte|go|rs|java|kt|scala|rb|php|cs|fs|swift|ex|cc?|cpp|hp?p?)(?::\*)?", re.IGNORECASE)
NAME = re.compile(r"[\w.@$+\\-]+")
MARKED = re.compile(r"[a-z][A-Z]|[_.@$+*\\-]")


def template_of(message: str, known: Sequence[str] = ()) -> str:
    """The template of a message in its normal form: one of those `known` where it fits, or one that it makes together with them.

    `known` are the templates of other messages of the same source and feature.
    """
    words = _values_apart(message.split()[:MOST_WORDS])
    shape = " ".join(words)
    if shape in known:
        return shape
    others = {other: other.split() for other in known if other.count(" ") == len(words) - 1}
    if made := next((other for other in others if ANY in other and fits(shape, other)), None):
        return made
    return _mined(words, list(others.values())) or shape


def fits(shape: str, template: str) -> bool:
    """Whether a template is another's, or has a value where the other has some word that may be one."""
    if shape == template or ANY not in template:
        return shape == template
    words, others = shape.split(), template.split()
    return len(words) == len(others) and all(
        word == other or (other == ANY and _may_vary(words[:place], word))
        for place, (word, other) in enumerate(zip(words, others, strict=True))
    )


def _values_apart(words: list[str]) -> list[str]:
    """The same words with a star for each that is a value by itself, and one for several equal ones in a row."""
    apart: list[str] = []
    for place, word in enumerate(words):
        before = words[place - 1] if place else ""
        is_name = _is_between(words, place) or _is_named(word, before, words[place + 1 : place + 2])
        shown = word.replace(word.strip(EDGES), STAR, 1) if is_name else _shown(word, before)
        if not apart or shown != apart[-1] or STAR not in shown:
            apart.append(shown)
    return apart


def _is_between(words: list[str], place: int) -> bool:
    """Who asked for something: `for root from *`."""
    return words[place - 1 : place] == ["for"] and words[place + 1 : place + 3] == ["from", STAR] and place > 0


def _is_named(word: str, before: str, after: list[str]) -> bool:
    """A plain word is a name behind a noun that says so and where its phrase ends: `user ada from`, but not `user session expired`."""
    core = word.strip(EDGES)
    if before.lower().lstrip(EDGES) not in SURE_NOUNS or core in PARTS or not NAME.fullmatch(core) or PREDICATE.fullmatch(core):
        return False
    return not after or word[-1] in EDGES or after[0][0] in EDGES or STAR in after[0] or after[0] in PREPOSITIONS


def _shown(word: str, before: str) -> str:
    """The word as the template has it. `before` is empty for the first: what a message begins with says what it is about."""
    key, sign, value = word.partition("=")
    if sign and key:
        return word if key.strip(EDGES).lower() in TELLING and not _is_value(value, key) else f"{key}=*"
    if word == "()":
        return "(*)"
    core = word.strip(EDGES)
    core += ")" * (core.count("(") - core.count(")")) + "]" * (core.count("[") - core.count("]"))
    return word.replace(core, STAR, 1) if core and _is_value(core, before) else word


def _is_value(core: str, before: str) -> bool:
    if CODE.fullmatch(core):  # a place in the code is where an error is
        return False
    if _is_path(core) or core.count(STAR) > 1:
        return True
    noun = "" if before[-1:] in {";", "."} else before.strip(EDGES).lower()
    if HOST.fullmatch(core) and not core[0].isupper():
        return STAR in core or noun in BEFORE_HOSTS
    if not before or PREDICATE.fullmatch(core):
        return False
    return STAR in core or (noun in NOUNS and _has_marks(core))


def _has_marks(core: str) -> bool:
    return NAME.fullmatch(core) is not None and MARKED.search(core) is not None and not core.isupper()


def _is_path(core: str) -> bool:
    return "://" not in core and (core.startswith(("/", "~/", "./")) or core.count("/") > 1 or core[1:3] == ":\\")


def _mined(words: list[str], others: list[list[str]]) -> str | None:
    """The template that these words make with others that differ from them, and from each other, in one same word."""
    found: dict[int, set[str]] = {}
    for other in others:
        if len(places := [place for place, (one, two) in enumerate(zip(words, other, strict=True)) if one != two]) == 1:
            found.setdefault(places[0], {words[places[0]]}).add(other[places[0]])
    for place, seen in found.items():
        made = " ".join([*words[:place], ANY, *words[place + 1 :]])
        weight = sum(2 if MARKED.search(word) else 1 for word in seen)
        if weight >= MANY and WORD.search(made) and all(_may_vary(words[:place], word) for word in seen):
            return made
    return None


def _may_vary(before: list[str], word: str) -> bool:
    """Whether a word may be a value here: neither what the message begins with, nor a verb, nor what says how it went."""
    if not before or before[-1].endswith(":") or before[-2:] == ["out", "of"]:  # a reason follows
        return False
    core = word.strip(EDGES)
    is_telling = PREDICATE.fullmatch(core) or KIND.fullmatch(core) or CODE.fullmatch(core)
    return not is_telling and before[-1].strip(EDGES).lower() not in VERBS_FOLLOW
