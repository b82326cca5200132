"""A patch's letters, before they come to GitHub: an agent's message closes no issue, keeps no check from starting, and is nobody else's."""

import re
from email.header import decode_header, make_header

from dispatch.plans.quoting import unbound
from dispatch.runs import Part, lines_of, walk_patch

FOLDED = (" ", "\t")
AUTHOR = "From: Dispatch agent <agent@dispatch.invalid>"
IN_BODY = re.compile(r"^(?=(?:from|date|subject):)", re.IGNORECASE | re.MULTILINE)  # git takes such a line for a header


def unbound_letters(mbox: str) -> str:
    """The patch, each commit by the agent, its subject and message as `unbound` leaves them; what it changes is not touched.

    Raises Unreadable.
    """
    lines = lines_of(mbox)
    for part, first, last in reversed(_stretches(lines)):  # from the end: what stands before keeps its place
        told = lines[first:last]
        if part is Part.WORDS:
            lines[first:last] = lines_of(IN_BODY.sub("> ", unbound("\n".join(told))))
        elif told[0].lower().startswith("from:"):
            lines[first:last] = [AUTHOR]
        elif told[0].lower().startswith("subject:"):
            lines[first:last] = _unbound_subject(told)
    return "\n".join(lines)


def _stretches(lines: list[str]) -> list[tuple[Part, int, int]]:
    """Each header with its folds, and each stretch of words: where it begins and ends."""
    stretches: list[tuple[Part, int, int]] = []
    for part, at in walk_patch(lines):
        if part not in {Part.HEAD, Part.WORDS}:
            continue
        before = stretches[-1] if stretches else (part, 0, -1)
        if before[0] is part and before[2] == at and (part is Part.WORDS or lines[at].startswith(FOLDED)):
            stretches[-1] = (part, before[1], at + 1)
        else:
            stretches.append((part, at, at + 1))
    return stretches


def _unbound_subject(folded: list[str]) -> list[str]:
    """The subject, which may be folded and encoded; where something in it counts, it stands in one line, as it reads."""
    told = str(make_header(decode_header(" ".join(line.strip() for line in folded))))
    harmless = unbound(told)
    return folded if harmless == told else [" ".join(harmless.split())]
