"""Text from elsewhere, made safe to read: hidden characters gone, fenced, and labelled by its origin."""

import re
import unicodedata

from dispatch.briefs.shapes import Origin, Segment

HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
INVISIBLE = {"Cc", "Cf", "Co", "Cs"}  # control, format (zero-width, bidi, tags), private use, surrogates
ALLOWED = {"\n", "\t"}
# What Unicode shows nothing for though it is no control or format character: fillers, variation selectors, the rest of the tags' plane.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")
TRUSTED = {Origin.OPERATOR}


def normalise(text: str) -> str:
    """The text as a person would see it: no HTML comments, no hidden or control characters."""
    visible = UNSEEN.sub("", HTML_COMMENT.sub("", text.replace("\r\n", "\n")))
    return "".join(char for char in visible if char in ALLOWED or unicodedata.category(char) not in INVISIBLE)


def write_segment(segment: Segment, *, fence: str) -> str:
    """The segment as the prompt has it. `fence` is random per brief, so that no text can close it; a heading is one line, and short."""
    heading = " ".join(normalise(segment.heading).split())[:120]
    if segment.origin in TRUSTED:
        return f"## {heading}\n\n{segment.text}"
    return f'## {heading}\n\n<{fence} origin="{segment.origin}">\n{normalise(segment.text)}\n</{fence}>'
