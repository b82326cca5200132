"""Text from elsewhere, as a person would see it: nothing in it acts on a terminal, and nothing hides."""

import re
import unicodedata

INVISIBLE = {"Cc", "Cf", "Co", "Cs"}  # control, format (zero-width, bidi, tags), private use, surrogates
ALLOWED = {"\n", "\t"}
# What a terminal acts on, whole: without its first character the rest would be left standing as text.
SEQUENCE = re.compile(r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,4000}(?:\x07|\x1b\\)?)")
# What Unicode shows nothing for though it is no control or format character: fillers, variation selectors, the rest of the tags' plane.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")


def visible(text: str) -> str:
    """The text without hidden and control characters, but for the ends of its lines and its tabs."""
    shown = UNSEEN.sub("", SEQUENCE.sub("", text.replace("\r\n", "\n")))
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(char for char in shown if char in ALLOWED or unicodedata.category(char) not in INVISIBLE)
