"""`dispatch policy`: the limits of a running instance, and its past under other ones. It asks the instance's API, like any client."""

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from infra.laptop.environment import DEFAULT_PORT, ROOT, read_dotenv
from infra.laptop.problems import BadInputError

EPILOG = """\
examples:
  dispatch policy show
  dispatch policy replay --days 30 --set max_concurrent_spawns=4 --set daily_cost_limit_usd=100
  dispatch policy replay --set 'daily_cost_limit_by_workflow={"qa-test": 20}' --set daily_spawn_budget=null --json

The instance is PUBLIC_URL's, or the one on this machine; the key is DISPATCH_API_KEY's, or that of .dispatch/api-key.
Values are JSON, or plain words. A replay changes nothing.

exit codes: 0 done, 1 the instance does not answer, 2 what was asked for cannot be done
"""
FIGURES = ("spawns", "runs", "waited", "refused", "cost_usd", "patches")
WAIT_S = 60


class RefusedError(Exception):
    """The instance says no; its sentence is the message."""


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    parser = commands.add_parser(
        "policy",
        help="show the limits, and try others on the past",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    show = verbs.add_parser("show", help="the limits in force, who set them, and why")
    show.set_defaults(run=lambda chosen: _do(chosen, _show))
    replay = verbs.add_parser("replay", help="what would have run under other limits, at what cost, and what would have been missed")
    replay.add_argument("--days", type=int, default=30, metavar="N", help="so many days back, today included (30)")
    replay.add_argument("--set", action="append", default=[], metavar="LIMIT=VALUE", help="a limit that differs; may be repeated")
    replay.set_defaults(run=lambda chosen: _do(chosen, _replay))
    for verb in (show, replay):
        verb.add_argument("--json", action="store_true", help="the API's answer as it is")
        verb.add_argument("--url", metavar="URL", help="another instance")


def _do(chosen: argparse.Namespace, verb: Any) -> int:
    try:
        read_dotenv(ROOT / ".env")
        verb(chosen)
    except (BadInputError, RefusedError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"{_address(chosen)} does not answer ({getattr(error, 'reason', error)}). Is it running? `dispatch up` starts one here.",
            file=sys.stderr,
        )
        return 1
    return 0


def _show(chosen: argparse.Namespace) -> None:
    policy = _call(chosen, "/api/policy")
    if chosen.json:
        print(json.dumps(policy, indent=2))
        return
    because = f": {policy['because']}" if policy["because"] else ""
    print(f"version {policy['version']}, by {policy['changed_by']['name']} on {policy['changed_at'][:16].replace('T', ' ')}{because}\n")
    width = max(map(len, policy["limits"]))
    for name, value in policy["limits"].items():
        print(f"  {name:{width}}  {_written(value)}")


def _replay(chosen: argparse.Namespace) -> None:
    told = _call(chosen, "/api/policy/replay", {"days": chosen.days, "limits": dict(map(_read_limit, chosen.set))})
    if chosen.json:
        print(json.dumps(told, indent=2))
        return
    print(f"{told['sentence']}\n")
    print(f"  {'':10}{'before':>10}{'after':>10}")
    for name in FIGURES:
        print(f"  {name.removesuffix('_usd'):10}{_written(told['before'][name]):>10}{_written(told['after'][name]):>10}")
    if told["missed"]:
        print("\nmissed:")
    for run in told["missed"]:
        print(f"  {run['issue']}  {run['workflow']}, {run['outcome']} on {run['at'][:16].replace('T', ' ')}, ${run['cost_usd']:.2f}")


def _read_limit(words: str) -> tuple[str, Any]:
    name, is_pair, value = words.partition("=")
    if not is_pair:
        raise BadInputError(f"{words!r} is not LIMIT=VALUE.")
    try:
        return name.strip(), json.loads(value)
    except ValueError:
        return name.strip(), value


def _call(chosen: argparse.Namespace, path: str, body: Any = None) -> Any:
    """The API's answer. Raises RefusedError with its sentence, OSError where it does not answer."""
    headers = {"Authorization": f"Bearer {_key()}", "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{_address(chosen)}{path}", data=data, headers=headers)  # noqa: S310 - the person's own address
    try:
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise RefusedError(_sentence(error)) from error


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


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    return str(value) if isinstance(value, int) else json.dumps(value)
