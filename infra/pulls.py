"""`dispatch reconcile` and `dispatch deliveries`: what was told, and what was told and not heard. They ask the instance's API."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from infra import instance
from infra.laptop.problems import BadInputError

RECONCILE = (
    """\
examples:
  dispatch reconcile
  dispatch reconcile --since 2026-11-01
  dispatch reconcile --json

The instance asks GitHub for the repository's pull requests that changed since then, and hears of each as if a webhook had told. It does so
by itself every hour.
"""
    + instance.EPILOG
)
DELIVERIES = (
    """\
examples:
  dispatch deliveries list --failed
  dispatch deliveries list --source loki
  dispatch deliveries replay github 72d3162e-cc78-11e3-81ab-4c9367dc0958

Deliveries are kept for 30 days. One that failed is tried again by itself for about an hour.
"""
    + instance.EPILOG
)


def add_parsers(commands: Any) -> None:
    """The commands stand beside the others."""
    reconcile = _command(commands, "reconcile", "hear of pull requests whose webhooks were missed", RECONCILE)
    reconcile.add_argument("--since", type=_moment, metavar="WHEN", help="a day or a moment (since everything was known last)")
    instance.add_verb(reconcile, _reconcile)
    verbs = _command(commands, "deliveries", "what webhooks reported", DELIVERIES).add_subparsers(required=True, metavar="verb")
    listing = verbs.add_parser("list", help="the newest deliveries, and what each did")
    listing.add_argument("--source", metavar="NAME", help="only one sender's: github, loki (Grafana and Alertmanager too) or sentry")
    listing.add_argument("--failed", action="store_true", help="only those that could not be handled")
    listing.add_argument("--limit", type=int, default=20, metavar="N", help="so many (20)")
    instance.add_verb(listing, _list)
    replay = verbs.add_parser("replay", help="handle a delivery once more, within a minute")
    replay.add_argument("source")
    replay.add_argument("id")
    instance.add_verb(replay, _replay)


def _command(commands: Any, name: str, what: str, epilog: str) -> argparse.ArgumentParser:
    return commands.add_parser(name, help=what, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter)


def _moment(words: str) -> datetime:
    try:
        moment = datetime.fromisoformat(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{words!r} is no day or moment, like 2026-11-01 or 2026-11-01T12:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _reconcile(chosen: argparse.Namespace) -> None:
    pages = list(_shown(_pages(chosen)))
    total = {name: sum(page[name] for page in pages) for name in ("seen", "changed")}
    first = pages[0]
    if chosen.json:
        print(json.dumps({"repository": first["repository"], "since": first["since"], **total}, indent=2))
        return
    print(f"{first['repository']}: {total['seen']} changed since {_written(first['since'])}, {total['changed']} of them news here")


def _pages(chosen: argparse.Namespace) -> Iterator[dict[str, Any]]:
    since, page = chosen.since.isoformat() if chosen.since else None, 1
    while page:
        told = instance.call(chosen, "/api/pulls/reconcile", {"since": since, "page": page})
        yield told
        since, page = told["since"], told["next_page"]


def _shown(pages: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The pages, with a bar on a terminal that shows how far back in time they have come."""
    with _bar() as (bar, task):
        now = datetime.now(UTC)
        for told in pages:
            since, reached = datetime.fromisoformat(told["since"]), datetime.fromisoformat(told["reached"])
            bar.update(task, completed=(now - reached) / (now - since) if now > since else 1)
            yield told


@contextmanager
def _bar() -> Iterator[Any]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(stderr=True)
    with Progress(TextColumn("asking GitHub"), BarColumn(), transient=True, console=console, disable=not console.is_terminal) as bar:
        yield bar, bar.add_task("", total=1)


def _list(chosen: argparse.Namespace) -> None:
    if not 1 <= chosen.limit <= 200:
        raise BadInputError("--limit is a number from 1 to 200.")
    query = {"limit": chosen.limit} | ({"failed": "true"} if chosen.failed else {}) | ({"source": chosen.source} if chosen.source else {})
    told = instance.call(chosen, f"/api/deliveries?{urlencode(query)}")
    if chosen.json:
        print(json.dumps(told, indent=2))
        return
    for one in told["items"]:
        did = one["answer"] or (f"failed: {one['failure']}" if one["failure"] else "waits")
        print(f"{_written(one['received_at'])}  {one['source']} {one['id']}  {one['event']}: {did}")
    if not told["items"]:
        print("none failed" if chosen.failed else "none yet")


def _replay(chosen: argparse.Namespace) -> None:
    instance.call(chosen, f"/api/deliveries/{quote(chosen.source, safe='')}/{quote(chosen.id, safe='')}/replay", {})
    print(
        json.dumps({"replayed": chosen.id})
        if chosen.json
        else "It is handled within a minute; `dispatch deliveries list` shows what it did."
    )


def _written(moment: str) -> str:
    return moment[:16].replace("T", " ")
