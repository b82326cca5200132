"""`dispatch policy`: the limits of a running instance, and its past under other ones. It asks the instance's API, like any client."""

import argparse
import json
from typing import Any

from infra import instance
from infra.laptop.problems import BadInputError

EPILOG = (
    """\
examples:
  dispatch policy show
  dispatch policy replay --days 30 --set max_concurrent_spawns=4 --set daily_cost_limit_usd=100
  dispatch policy replay --set 'daily_cost_limit_by_workflow={"qa-test": 20}' --set daily_spawn_budget=null --json

Values are JSON, or plain words. A replay changes nothing.
"""
    + instance.EPILOG
)

FIGURES = ("spawns", "runs", "waited", "refused", "cost_usd", "patches")


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
    instance.add_verb(show, _show)
    replay = verbs.add_parser("replay", help="what would have run under other limits, at what cost, and what would have been missed")
    replay.add_argument("--days", type=int, default=30, metavar="N", help="so many days back, today included (30)")
    replay.add_argument("--set", action="append", default=[], metavar="LIMIT=VALUE", help="a limit that differs; may be repeated")
    instance.add_verb(replay, _replay)


def _show(chosen: argparse.Namespace) -> None:
    policy = instance.call(chosen, "/api/policy")
    if chosen.json:
        print(json.dumps(policy, indent=2))
        return
    because = f": {policy['because']}" if policy["because"] else ""
    print(f"version {policy['version']}, by {policy['changed_by']['name']} on {policy['changed_at'][:16].replace('T', ' ')}{because}\n")
    width = max(map(len, policy["limits"]))
    for name, value in policy["limits"].items():
        print(f"  {name:{width}}  {_written(value)}")


def _replay(chosen: argparse.Namespace) -> None:
    told = instance.call(chosen, "/api/policy/replay", {"days": chosen.days, "limits": dict(map(_read_limit, chosen.set))})
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


def _written(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    return str(value) if isinstance(value, int) else json.dumps(value)
