"""The shape of a stack: the type of the error and the application's own frames, without what a deployment or a machine changes."""

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

from dispatch.kit.shapes import Shape

MOST_LETTERS = 20_000  # of a stack are looked at: what a report may bring
MOST_LETTERS_OF_LINE = 1_000
MOST_LINES = 100  # at each end of it
MOST_FRAMES = 60  # a recursion without end has the shape of its first frames

# One line of a stack each, as each language writes it. Where the file is not told, the function's name holds the module's.
FRAME = re.compile(
    r"""
      File[ ]"(?P<python_file>[^"]++)",[ ]line[ ][0-9]++(?:,[ ]in[ ](?P<python>.++))?
    | at[ ](?:async[ ])?(?P<dotnet>[^\s(]++)\([^)]*+\)[ ]in[ ](?P<dotnet_file>[^:]*+(?::[\\/][^:]++)?):line[ ][0-9]++
    | at[ ](?P<java>[\w.$/<>@-]++)\((?P<java_file>[\w$.-]++)(?::[0-9]++)?\)
    | at[ ](?:(?P<node>[^(]*+)(?<=[ ])\()?+(?P<node_file>[^()\s][^()]*?):[0-9]++(?::[0-9]++)?\)?
    | at[ ](?P<plain>[\w.<>`$+]++(?:\[[^\]]*+\])?)\([^)]*+\)
    | \#[0-9]++[ ](?P<php_file>[^(\s][^(]*+|\[internal[ ]function\])(?:\([0-9]++\))?:[ ](?P<php>[^(]++).*+
    | (?:from[ ])?(?P<ruby_file>[^\s:][^:]*+):[0-9]++:in[ ][`'](?P<ruby>[^']++)'?(?::[ ].*+)?
    """,
    re.VERBOSE,
)
GO_FILE = re.compile(r"(?P<file>[^\s:]++(?<=\.go)):[0-9]++(?: \+0x[0-9a-f]++)?")
TYPE = re.compile(
    r"(?:^(?:Caused by: |Uncaught |PHP |Fatal error: +)*+|\(|Uncaught )"
    r"(?P<type>[A-Z_a-z][\w.$:\\]*?(?:Error|Exception|Warning|Fault|Interrupt))(?:[:)\s]|$)"
)
LIBRARY = re.compile(
    r"(?:^|/)(?:site-packages|dist-packages|node_modules|gems|vendor|bundle|pkg/mod|lib/python[\d.]+|lib/ruby|usr/lib|usr/local/go|rubygems)/"
    r"|^(?:node:|internal/|<frozen |<anonymous>|native$|webpack/|\[internal)"
)
FOREIGN = re.compile(  # a function that is not the application's, by its package
    r"^(?:javax?|jakarta|jdk|sun|com\.sun|kotlinx?|scala|groovy|System|Microsoft|org\.(?:spring|apache|hibernate|junit|eclipse|jboss|postgresql|slf4j)"
    r"|io\.(?:netty|micrometer|undertow|vertx)|reactor|com\.(?:fasterxml|google\.common|zaxxer|mysql)|runtime|net/http|reflect|testing|internal)[./\w]*[./]"
    r"|^(?:panic|runtime)\b"
)
DIGITS = re.compile(r"[0-9a-f]{8,}|[0-9]+")


class Frame(Shape):
    """Where a stack passed. `file` is empty where it is not told."""

    function: str
    file: str


def frames_of(stack: str | None) -> str | None:
    """How many frames of its own a stack has, and their shape hashed (`3:9f2c…`). None where it has none."""
    if not stack:
        return None
    lines = [line.strip()[:MOST_LETTERS_OF_LINE] for line in stack[:MOST_LETTERS].splitlines() if line.strip()]
    lines = lines[:MOST_LINES] + lines[MOST_LINES:][-MOST_LINES:]
    shape = [name for name, _ in groupby(_shape(frame) for frame in _frames(lines) if _is_own(frame))][:MOST_FRAMES]
    if not shape:
        return None
    types = [found["type"] for line in lines if (found := TYPE.search(line))]
    return f"{len(shape)}:{sha256('|'.join([*dict.fromkeys(types), *shape]).encode(errors='replace')).hexdigest()[:32]}"


def _frames(lines: list[str]) -> Iterator[Frame]:
    for number, line in enumerate(lines):
        if found := FRAME.fullmatch(line):
            told = {name.partition("_")[2] or "function": text for name, text in found.groupdict().items() if text}
            yield Frame(function=told.get("function", ""), file=told.get("file", ""))
        elif number and (found := GO_FILE.fullmatch(line)) and (function := _go_function(lines[number - 1])):
            yield Frame(function=function, file=found["file"])


def _go_function(line: str) -> str:
    """The function of `github.com/acme/shop.(*Service).Charge(0xc0000b2000)`; empty where the line names none."""
    name = line.removeprefix("created by ").partition(" in goroutine ")[0]
    called = name.rpartition("(")[0] if name.endswith(")") else name
    return "" if " " in called or "." not in called else called


def _is_own(frame: Frame) -> bool:
    return not (LIBRARY.search(frame.file.replace("\\", "/")) or FOREIGN.match(frame.function))


def _shape(frame: Frame) -> str:
    """The function and its file's name: folders change with machine and release, numbers with each build."""
    file = frame.file.replace("\\", "/").rpartition("/")[2].partition("?")[0]
    return DIGITS.sub("*", f"{frame.function}@{file}")
