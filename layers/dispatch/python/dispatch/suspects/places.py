"""Where in the application's own code a stack went, and whether a file of the repository is the one that a stack names.

A stack names files as the machine had them: below a container's folder, built into another, or as a Java class. Only whole folders and
names count, never parts of them: a suspect that is none costs more than one that was missed.
"""

import re
from dataclasses import dataclass

MOST_LINES = 500
MOST_LETTERS = 1_000  # of one line
PYTHON = re.compile(r'^\s*File "([^"]{1,400})", line (\d{1,7})')
JAVA = re.compile(r"\bat (?:[\w.-]{1,80}/{1,2})?([\w.$]{1,300})\.[\w$<>]{1,100}\((\w{1,100}\.(?:java|kt|scala|groovy)):(\d{1,7})\)")
SCRIPT = {"js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx"}
OTHERS = "py|rb|erb|go|php|cs|fs|rs|ex|exs|vue|svelte|kt|swift|c|cc|cpp|h|hpp|dart|lua|pl|clj"
ENDING = rf"\.(?:{'|'.join(sorted(SCRIPT))}|{OTHERS})"
ANY = re.compile(rf"((?:(?<![A-Za-z])[A-Za-z]:)?[^\s\"'()<>:?]{{1,300}}{ENDING})(?:\?[^\s:)]{{0,100}})?(?::line |[:(])(\d{{1,7}})")
HOST = re.compile(r"^//[^/]*/")  # of an address, whose scheme is left out already
# What the machine or somebody else brought.
FOREIGN = re.compile(
    r"(?:^|/)(?:node_modules|site-packages|dist-packages|bower_components|vendor/bundle|gems|\.cargo/registry|pkg/mod|rubygems)/"
    r"|^/?(?:usr/lib|usr/local/lib|usr/local/go|lib/python|opt/python|opt/homebrew|rustc)/|^node:|^internal/|^<|@v\d"
    r"|(?:^|/)python3?\.\d+/"
)
# Where containers and functions keep an application.
HOMES = re.compile(
    r"^/?(?:app|usr/src/app|usr/app|srv/app|srv|code|workspace|workspaces/[^/]+|var/task|var/www/html|var/www|opt/app|application|build|src/app"
    r"|home/runner/work/[^/]+/[^/]+|home/[^/]+/[^/]+|Users/[^/]+/[^/]+|root|layers/[^/]+|go/src/[^/]+/[^/]+/[^/]+)/"
)
MODULE = re.compile(r"^(?:github|gitlab|bitbucket)\.(?:com|org)/[^/]+/[^/]+/")  # Go's, where paths are trimmed
BUILT = {"dist", "build", "out", "lib", ".next", "target"}
SOURCES = ("src", "app", "lib")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file as a stack names it, in folders and a name. `is_whole`: they begin where the application does."""

    path: tuple[str, ...]
    line: int
    is_whole: bool


def find_places(stack: str) -> list[Place]:
    """The places in the application's own code, the one where the error arose first, each file once."""
    lines = [line[:MOST_LETTERS] for line in stack.splitlines()[:MOST_LINES]]
    found = [place for line in lines if (place := _read(line))]
    if any(PYTHON.match(line) for line in lines):
        found.reverse()  # Python tells the innermost last
    return list({place.path: place for place in reversed(found)}.values())[::-1]


def is_at(place: Place, path: str) -> bool:
    """Whether this file of the repository is the one that the stack names."""
    wanted = tuple(path.split("/"))
    return any(_fits(candidate, wanted, is_whole=place.is_whole) for candidate in _candidates(place.path))


def _read(line: str) -> Place | None:
    if found := PYTHON.match(line):
        return _place(found[1], int(found[2]))
    if found := JAVA.search(line):
        package = found[1].split(".")[:-1]
        return Place((*package, found[2]), int(found[3]), is_whole=True) if package else None
    found = ANY.search(line)
    return _place(found[1], int(found[2])) if found else None


def _place(path: str, line: int) -> Place | None:
    plain = HOST.sub("", path.replace("\\", "/"))
    if FOREIGN.search(plain):
        return None
    inside = MODULE.sub("", HOMES.sub("", plain))
    parts = tuple(part for part in inside.split("/") if part not in {"", ".", "..", "~"} and not part.endswith(":"))
    return Place(parts, line, is_whole=inside != plain or not plain.startswith("/")) if parts else None


def _candidates(path: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The file itself, and what it may have been built from."""
    for number, folder in enumerate(path[:-1]):
        if folder in BUILT and _is_script(path[-1]):
            before, after = path[:number], path[number + 1 :]
            return [path, (*before, *after), *((*before, source, *after) for source in SOURCES)]
    return [path]


def _fits(stack: tuple[str, ...], file: tuple[str, ...], *, is_whole: bool) -> bool:
    """One ends with the whole of the other, and says more than a name: `index.ts` is in every folder."""
    if _same(stack, file):
        return is_whole or len(stack) > 1
    if len(stack) > 1 and _same(stack, file[-len(stack) :]):
        return True
    return not is_whole and len(file) > 1 and _same(stack[-len(file) :], file)


def _same(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return some[:-1] == others[:-1] and _source_name(some[-1]) == _source_name(others[-1])


def _source_name(name: str) -> str:
    """The file's name; a script's without its ending, for TypeScript runs as JavaScript."""
    return name.rpartition(".")[0] if _is_script(name) else name


def _is_script(name: str) -> bool:
    return name.rpartition(".")[2] in SCRIPT
