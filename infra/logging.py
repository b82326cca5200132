"""`dispatch logging check FILE`: whether an application's logs can be understood, and how its errors would be grouped."""

import argparse
import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from infra.laptop.problems import BadInputError

if TYPE_CHECKING:
    from infra.log_lines import Finding, Group, Report

EPILOG = """\
examples:
  dispatch logging check app.log
  dispatch logging check app.log.gz --json
  kubectl logs deploy/shop --since=1h | dispatch logging check -

Every line has to be one JSON object with the fields level, msg, source and feature. Lines whose level is error, fatal or critical are what
alerts are made of: they are grouped as Dispatch would group them. Nothing leaves this machine. docs/logging.md says more, with examples
for Python, Node and Go.

exit codes: 0 every line is understood, 1 some are not, 2 the file cannot be read or is empty
"""
MOST_FAMILIES = 20  # are shown; `--json` has them all
MOST_LETTERS = 110  # of a message
LONG = 4 * 1024 * 1024  # bytes from which reading takes long enough for a bar
GZIP = b"\x1f\x8b"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # a log must not steer the terminal


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    formatter = argparse.RawDescriptionHelpFormatter
    verbs = commands.add_parser("logging", help="whether an application's logs can be understood", epilog=EPILOG, formatter_class=formatter)
    check = verbs.add_subparsers(required=True, metavar="verb").add_parser(
        "check", help="look at a sample of logs", epilog=EPILOG, formatter_class=formatter
    )
    check.add_argument("file", metavar="FILE", help="lines of JSON, also compressed by gzip; - reads standard input")
    check.add_argument("--json", action="store_true", help="as JSON, with every family")
    check.set_defaults(run=_check)


def _check(chosen: argparse.Namespace) -> int:
    from infra import log_lines

    try:
        with _open(chosen.file) as stream:
            report = log_lines.judge(log_lines.read(stream))
        if not report.lines:
            raise BadInputError(f"{chosen.file} has no lines.")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    except (OSError, EOFError, zlib.error) as error:
        print(f"{chosen.file} cannot be read: {getattr(error, 'strerror', None) or error}.", file=sys.stderr)
        return 2
    print(json.dumps(_as_json(report), indent=2)) if chosen.json else _show(report)
    return int(report.understood < report.lines)


@contextmanager
def _open(name: str) -> Iterator[IO[bytes]]:
    """The file's bytes, whether it is compressed or not; a bar tells how far a long one was read."""
    with ExitStack() as held:
        raw = sys.stdin.buffer if name == "-" else held.enter_context(Path(name).open("rb"))
        is_packed = raw.peek(2)[:2] == GZIP  # pyright: ignore[reportAttributeAccessIssue] - both are buffered
        shown = held.enter_context(_bar(raw))
        yield gzip.GzipFile(fileobj=shown) if is_packed else shown  # pyright: ignore[reportReturnType]


@contextmanager
def _bar(file: Any) -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    size = os.fstat(file.fileno()).st_size
    if size < LONG or not console.is_terminal:
        yield file
        return
    with Progress(TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn(), transient=True, console=console) as bar:
        yield bar.wrap_file(file, total=size)


def _as_json(report: "Report") -> dict[str, Any]:
    return {
        "lines": report.lines,
        "understood": report.understood,
        "errors": report.errors,
        "problems": _listed(report.problems),
        "advice": _listed(report.advice),
        "families": [vars(group) for group in _largest(report)],
        "not_grouped": report.not_grouped,
    }


def _listed(findings: Mapping[str, "Finding"]) -> list[dict[str, Any]]:
    return [{"what": what, "count": finding.count, "lines": finding.lines} for what, finding in _by_count(findings)]


def _by_count(findings: Mapping[str, "Finding"]) -> list[tuple[str, "Finding"]]:
    return sorted(findings.items(), key=lambda item: -item[1].count)


def _largest(report: "Report") -> list["Group"]:
    return sorted(report.groups.values(), key=lambda group: -group.count)


def _show(report: "Report") -> None:
    lacking = report.lines - report.understood
    colour = "31" if lacking else "32"
    print(_painted(f"{report.understood:,} of {_counted(report.lines, 'line')} understood", colour))
    _show_findings("what the others lack:", report.problems)
    _show_families(report)
    _show_findings(f"what would help an agent ({_counted(report.errors, 'error')} understood):", report.advice)


def _show_findings(title: str, findings: Mapping[str, "Finding"]) -> None:
    if not findings:
        return
    print(f"\n{title}")
    for what, finding in _by_count(findings):
        more = f" and {finding.count - len(finding.lines):,} more" if finding.count > len(finding.lines) else ""
        print(f"  {finding.count:>7,}  {what}\n           in line {', '.join(map(str, finding.lines))}{more}")


def _show_families(report: "Report") -> None:
    if not report.errors:
        print("\nNo line is an error: nothing would be reported. Alerts look for the levels error, fatal and critical.")
        return
    groups = _largest(report)
    print(f"\n{_counted(report.errors, 'error')} in {_counted(len(groups), 'family', 'families')}:")
    for group in groups[:MOST_FAMILIES]:
        wordings = f" ({group.wordings} wordings)" if group.wordings > 1 else ""
        print(f"  {group.count:>7,}  {_plain(f'[{group.source}/{group.feature}] {group.message}')}{wordings}")
    if len(groups) > MOST_FAMILIES:
        print(f"           and {len(groups) - MOST_FAMILIES:,} more: --json has them all")
    if report.not_grouped:
        print(f"  {report.not_grouped:>7,}  not grouped: the sample has more wordings than are compared")


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _plain(text: str) -> str:
    shown = CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= MOST_LETTERS else shown[: MOST_LETTERS - 1] + "…"


def _painted(text: str, colour: str) -> str:
    is_plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    return text if is_plain else f"\033[{colour}m{text}\033[0m"
