"""Text from elsewhere, made safe to read: hidden characters gone, fenced, and labelled by its origin."""

import re

from dispatch.briefs.shapes import Origin, Segment
from dispatch.kit.visible import visible

HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
TRUSTED = {Origin.OPERATOR}


def normalise(text: str) -> str:
    """The text as a person would see it: no HTML comments, no hidden or control characters."""
    return visible(HTML_COMMENT.sub("", text))


def write_segment(segment: Segment, *, fence: str) -> str:
    """The segment as the prompt has it. `fence` is random per brief, so that no text can close it; a heading is one line, and short."""
    heading = " ".join(normalise(segment.heading).split())[:120]
    if segment.origin in TRUSTED:
        return f"## {heading}\n\n{segment.text}"
    return f'## {heading}\n\n<{fence} origin="{segment.origin}">\n{normalise(segment.text)}\n</{fence}>'
