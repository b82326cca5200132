"""Words of agents and tools in a document that GitHub acts upon: they stay words.

What GitHub or a bot would act on is broken with a character nobody sees: mentions, references, closing keywords, HTML, images, commands,
trailers, `[skip ci]`. The breaking does not depend on where markdown sees code, so that no cleverly left open backtick takes it back.
"""

import re
from collections.abc import Iterator

from dispatch.briefs import normalise

BREAK = "\u200b"  # a space without width
CLOSING = re.compile(r"\b(clo|fi|resol)(se[sd]?|x(?:e[sd])?|ve[sd]?)(?=[\s:]+(?:[\w./-]*#|gh-|https?://))", re.IGNORECASE)
TRAILER = re.compile(r"(^[ \t>*_-]*(?:[a-z]+-)+(?:by|id|to|for)|\bdispatch-issue)(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)
SKIPPING = re.compile(r"(?<=\[)(?=(?:skip|no|ci|actions)[ -](?:ci|actions|skip)\])|(?<=\bskip)(?=-checks[ \t]*:)", re.IGNORECASE)
ACTED_UPON = re.compile(
    r"""
      (?<=[@#<])(?=[\w/!?])        # a mention, a reference, a tag, an automatic link
    | (?<=&)(?=\#?\w+;)           # what stands for one of these characters
    | (?<=!)(?=\[)                 # an image
    | (?<=\bGH-)(?=\d)             # a reference of the older kind
    | (?m:^)(?=[ \t>]*/[a-z])      # a command to a bot
    | (?m:^)(?=[ \t>*+\d.)-]*(?:```|~~~))  # a block of code that would end where ours begins
    """,
    re.IGNORECASE | re.VERBOSE,
)
OPENING = re.compile(r"(?P<mark>`{3,}|~{3,})(?P<language>[\w+-]{0,20})[^`]*")


def neutral(text: str) -> str:
    """The text, readable as before, in which nothing is acted upon."""
    return ACTED_UPON.sub(BREAK, unbound(text))


def unbound(text: str) -> str:
    """The text without what counts even within code: closing keywords, trailers, words that keep CI from starting.

    A description may become a commit's message, which is no markdown.
    """
    text = SKIPPING.sub(BREAK, text)
    return TRAILER.sub(rf"\1{BREAK}", CLOSING.sub(rf"\1{BREAK}\2", text))


def line_of(text: str, *, most: int) -> str:
    """The text as one neutral line of at most so many characters."""
    return cut(neutral(" ".join(normalise(text[: 10 * most]).split())), most)


def quoted(text: str, *, most: int) -> str:
    """The text as a quotation, which no line of it can leave; code stays code as it was."""
    whole = "\n\n".join(_parts(normalise(text[: 2 * most]).split("\n")))
    return cut("\n".join(f"> {line}".rstrip() for line in whole.split("\n")), most)


def _parts(lines: list[str]) -> Iterator[str]:
    """The text's parts: words, and blocks of code. A block that nothing closes is words."""
    begun, at, unclosed = 0, 0, set[str]()
    while at < len(lines):
        opening = OPENING.fullmatch(lines[at])
        if opening and opening["mark"] not in unclosed:
            if end := _end_of_block(lines, at + 1, opening["mark"]):
                yield from _words(lines[begun:at])
                yield fenced("\n".join(lines[at + 1 : end]), language=opening["language"])
                begun = at = end + 1
                continue
            unclosed.add(opening["mark"])  # looked for once: whoever writes chooses how many there are
        at += 1
    yield from _words(lines[begun:])


def _end_of_block(lines: list[str], at: int, mark: str) -> int | None:
    return next((end for end in range(at, len(lines)) if lines[end].rstrip() == mark), None)


def _words(lines: list[str]) -> Iterator[str]:
    if told := neutral("\n".join(lines)).strip("\n"):
        yield told


def fenced(text: str, *, language: str = "") -> str:
    """The text as a block of code that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{unbound(text)}\n{fence}"


def code(text: str, *, most: int) -> str:
    """The text as a piece of code within a line."""
    return f"`{cut(unbound(' '.join(text.split())).replace('`', chr(39)), most)}`"


def cut(text: str, most: int) -> str:
    """The text's beginning, and that it was cut, where it is too long."""
    return text if len(text) <= most else f"{text[: most - 2].rstrip()} …"
