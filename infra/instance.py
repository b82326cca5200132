"""A running instance, asked over its API like by any client: what `dispatch policy`, `reconcile` and `deliveries` share."""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.laptop.environment import DEFAULT_PORT, ROOT, read_dotenv
from infra.laptop.problems import BadInputError

EPILOG = """
The instance is PUBLIC_URL's, or the one on this machine; the key is DISPATCH_API_KEY's, or that of .dispatch/api-key.

exit codes: 0 done, 1 the instance does not answer, 2 what was asked for cannot be done
"""
WAIT_S = 60
MARKS = {True: ("ok", "32"), False: ("missing", "31"), None: ("unknown", "33")}  # with their colours

Verb = Callable[[argparse.Namespace], int | None]  # what it returns is the exit code; None is 0


class RefusedError(Exception):
    """The instance says no; its sentence is the message."""


def add_verb(parser: argparse.ArgumentParser, verb: Verb) -> None:
    """The parser does this verb, and has the options that every verb has."""
    parser.add_argument("--json", action="store_true", help="the API's answer as it is")
    parser.add_argument("--url", metavar="URL", help="another instance")
    parser.set_defaults(run=lambda chosen: _do(chosen, verb))


def call(chosen: argparse.Namespace, path: str, body: Any = None) -> Any:
    """The API's answer. Raises RefusedError with its sentence, OSError where it does not answer."""
    headers = {"Authorization": f"Bearer {_key()}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{_address(chosen)}{path}", data=data, headers=headers)  # noqa: S310 - the person's own address
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise RefusedError(_sentence(error)) from error


def show_checks(checks: Sequence[Mapping[str, Any]]) -> None:
    """A line each: `ok` True, False, or None where it cannot be known, its name, and what is or what to do."""
    width = max(len(check["name"]) for check in checks)
    for check in checks:
        print(f"  {_mark(check['ok'])}  {check['name']:{width}}  {check['detail']}")


def _mark(ok: bool | None) -> str:  # noqa: FBT001 - three states, as the API tells them
    word, colour = MARKS[ok]
    is_plain = bool(os.environ.get("NO_COLOR")) or not sys.stdout.isatty()
    return f"{word:7}" if is_plain else f"\033[{colour}m{word:7}\033[0m"


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{error.url} answered {error.code}; that is no Dispatch."


def _address(chosen: argparse.Namespace) -> str:
    return (chosen.url or os.environ.get("PUBLIC_URL") or f"http://localhost:{os.environ.get('PORT') or DEFAULT_PORT}").rstrip("/")


def _key() -> str:
    made = Path(ROOT / ".dispatch" / "api-key")
    if key := os.environ.get("DISPATCH_API_KEY") or (made.read_text().strip() if made.is_file() else ""):
        return key
    raise BadInputError("There is no key. Set DISPATCH_API_KEY to the instance's key, or to an API token with the scope `read`.")


def _do(chosen: argparse.Namespace, verb: Verb) -> int:
    try:
        read_dotenv(ROOT / ".env")
        return verb(chosen) or 0
    except (BadInputError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"{_address(chosen)} does not answer ({getattr(error, 'reason', error)}). Is it running? `dispatch up` starts one here.",
            file=sys.stderr,
        )
        return 1
