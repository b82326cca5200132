"""What a patch says it does, read as `git am` reads it: letters, their diffs, and in each the paths, modes and added lines.

It knows the one form that `git format-patch` gives with the runner's flags. What git would read too, but in another form (a diff without
`diff --git`, other prefixes than `a/` and `b/`, a rename, an encoded letter), is unreadable here: nothing is let through because it was
not seen.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
NAME = re.compile(r"(?:---|\+\+\+) (.+)")
MODE = re.compile(r"(?:new file mode|old mode|new mode|index [0-9a-f]+\.\.[0-9a-f]+)\s+(?P<mode>[0-7]+)")
QUOTED = re.compile(rb'\\(?:([0-7]{1,3})|(["\\abfnrtv]))')
ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b'"': b'"', b"\\": b"\\"}
HEADER = re.compile(r"[!-9;-~]+:|[ \t]+\S|From ")  # of a letter; git takes the first line that is none for the body's first
PLAIN_TYPE = re.compile(r'content-type:\s*text/plain(?:;\s*charset="?(?:utf-8|us-ascii)"?)?\s*', re.IGNORECASE)
PLAIN_ENCODING = re.compile(r"content-transfer-encoding:\s*[78]bit\s*", re.IGNORECASE)
LINK_TYPES = {0o120000, 0o160000}  # of git's modes: symbolic links, and submodules


class Part(Enum):
    """What a line of a patch is."""

    HEAD = auto()
    WORDS = auto()
    DIFF = auto()
    NAMES = auto()
    CONTENT = auto()
    BETWEEN = auto()


class Unreadable(Exception):
    """The patch is not in the form in which git writes one."""


@dataclass
class Reading:
    """What a patch says: every path it names, whichever way; whether it makes or changes links; what will stand in the repository that
    did not (its words and the lines it adds); how many lines change.
    """

    paths: set[str] = field(default_factory=set[str])
    links: bool = False
    written: list[str] = field(default_factory=list[str])
    changed_lines: int = 0


def read_patch(mbox: str) -> Reading:
    """What the patch says it does. Raises Unreadable with the reason."""
    reading = Reading()
    lines = lines_of(mbox)
    if not lines[0].startswith("From "):
        raise Unreadable("it does not begin as a letter")
    for part, at in walk_patch(lines):
        line = lines[at]
        match part:
            case Part.DIFF:
                reading.paths.add(_path_of_header(line.removeprefix("diff --git ")))
            case Part.NAMES:
                _read_name(reading, line)
            case Part.CONTENT:
                reading.changed_lines += line.startswith(("+", "-"))
                reading.written += [line[1:]] if line.startswith("+") else []
            case Part.HEAD:
                _refuse_encoded(line)
                reading.written.append(line)
            case Part.WORDS | Part.BETWEEN:
                _refuse_foreign(line, lines[at + 1 : at + 2])
                reading.written.append(line)
    return reading


def lines_of(mbox: str) -> list[str]:
    """The patch's lines as git counts them: no other character ends one."""
    return mbox.split("\n")


def walk_patch(lines: list[str]) -> Iterator[tuple[Part, int]]:
    """What each line is, by its index. A hunk has as many lines as it says, whatever they look like. Raises Unreadable."""
    at, part = 0, Part.HEAD
    while at < len(lines):
        line = lines[at]
        if line.startswith("From "):
            part = Part.HEAD
        elif part is Part.HEAD and not HEADER.match(line):
            part = Part.WORDS
        if part is not Part.HEAD and line.startswith("diff --git "):
            yield Part.DIFF, at
            part = Part.NAMES
        elif part in {Part.NAMES, Part.BETWEEN} and (hunk := HUNK.match(line)):
            end = _end_of_hunk(lines, at + 1, old=int(hunk[1] or 1), new=int(hunk[2] or 1))
            yield from ((Part.CONTENT, inside) for inside in range(at + 1, end))
            at, part = end - 1, Part.BETWEEN
        else:
            yield part, at
        at += 1


def unquoted(path: str) -> str:
    """The path that git wrote, without the quotes and escapes it puts around unusual ones."""
    path = path.rstrip("\r\n")
    if not path.startswith('"'):
        return path
    if len(path) < 2 or not path.endswith('"'):
        raise Unreadable(f"a path is quoted wrongly: {path[:100]}")
    raw = path[1:-1].encode(errors="surrogateescape")
    return QUOTED.sub(lambda found: _byte(found[1], found[2]), raw).decode(errors="replace")


def _byte(octal: bytes | None, letter: bytes | None) -> bytes:
    return bytes([int(octal, 8) & 0xFF]) if octal else ESCAPES[letter or b""]


def _refuse_encoded(line: str) -> None:
    """Git decodes a letter before it looks for diffs; text that has to be decoded first could hold any."""
    lower = line.lower()
    is_type, is_encoding = lower.startswith("content-type:"), lower.startswith("content-transfer-encoding:")
    if (is_type and not PLAIN_TYPE.fullmatch(line)) or (is_encoding and not PLAIN_ENCODING.fullmatch(line)):
        raise Unreadable("a letter of it is encoded")


def _refuse_foreign(line: str, following: list[str]) -> None:
    """Git would read a diff in another form too, wherever it stands between words or hunks."""
    is_pair = line.startswith("--- ") and any(after.startswith("+++ ") for after in following)
    if is_pair or line.startswith(("diff -", "Index: ")):
        raise Unreadable("it holds a diff that is not git's own")


def _path_of_header(names: str) -> str:
    """The path of a `diff --git` line, which says it twice."""
    names = names.rstrip("\r")
    middle = len(names) // 2
    old, new = _bare(names[:middle], "a/"), _bare(names[middle + 1 :], "b/")
    if not old or old != new or names[middle] != " ":
        raise Unreadable(f"a diff does not say which file it changes: {names[:100]}")
    return old


def _bare(name: str, prefix: str) -> str | None:
    """The path behind the prefix; None where this is not one whole name with it."""
    if name.startswith('"') and (len(name) < 2 or not name.endswith('"')):
        return None
    path = unquoted(name)
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def _read_name(reading: Reading, line: str) -> None:
    """What a line between `diff --git` and the first hunk says."""
    if mode := MODE.match(line):
        reading.links |= int(mode["mode"], 8) & 0o170000 in LINK_TYPES
    elif line.startswith("@@ -"):
        raise Unreadable("a hunk of it cannot be read")
    elif line.startswith(("rename ", "copy ")):
        raise Unreadable("it renames or copies a file instead of showing both")
    elif (named := NAME.fullmatch(line.rstrip("\r"))) and named[1] != "/dev/null":
        reading.paths.add(_side(named[1]))


def _side(said: str) -> str:
    """The path of a `---` or `+++` line; a tab ends it where git appended one for a name with spaces."""
    path = unquoted(said.removesuffix("\t") if said.startswith('"') else said.partition("\t")[0])
    if not path.startswith(("a/", "b/")):
        raise Unreadable(f"a path has another prefix than git's: {path[:100]}")
    return path[2:]


def _end_of_hunk(lines: list[str], at: int, *, old: int, new: int) -> int:
    """The index of the first line behind the hunk."""
    while old > 0 or new > 0:
        mark = (lines[at][:1] or " ") if at < len(lines) else "?"
        if mark not in " +-\\":
            raise Unreadable("a hunk of it is shorter than it says")
        old -= mark in " -"
        new -= mark in " +"
        at += 1
    return at
