"""`dispatch github check`: whether agents can work on GitHub, and what to do where they cannot. It asks the instance's API."""

import argparse
import json
from typing import Any

from infra import instance

EPILOG = """\
examples:
  dispatch github check
  dispatch github check --json

The instance looks at its token or App, the repository, the workflows there, the webhook and the keys that verify jobs. Nothing is changed,
so whether a token may write stays unknown where GitHub does not tell.

The instance is PUBLIC_URL's, or the one on this machine; the key is DISPATCH_API_KEY's, or that of .dispatch/api-key.

exit codes: 0 nothing is missing, 1 something is, or the instance does not answer, 2 what was asked for cannot be done
"""
NAMES = {"token": "GITHUB_TOKEN", "app": "a GitHub App", "none": "nothing: set GITHUB_TOKEN, or GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY"}


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    parser = commands.add_parser(
        "github",
        help="whether agents can work on GitHub",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    check = verbs.add_parser("check", help="look at token, repository, workflows, webhook and keys")
    instance.add_verb(check, _check)


def _check(chosen: argparse.Namespace) -> int:
    access = instance.call(chosen, "/api/github")
    is_missing = any(check["ok"] is False for check in access["checks"])
    if chosen.json:
        print(json.dumps(access, indent=2))
        return int(is_missing)
    print(f"{access['repository'] or 'no repository'}, by {NAMES[access['auth']]}\n")
    instance.show_checks(access["checks"])
    return int(is_missing)
