"""`dispatch deployed`: a commit came to production, where GitHub is told of no deployments, and on a laptop."""

import argparse
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from infra import instance
from infra.laptop import commits
from infra.laptop.environment import ROOT
from infra.laptop.problems import BadInputError

EPILOG = (
    """\
examples:
  dispatch deployed
  dispatch deployed 1f3c9a2 --state in_progress --id release-42
  dispatch deployed 1f3c9a2 --state succeeded --id release-42
  dispatch deployed --list

On a laptop: merge an agent's branch, then `dispatch deployed`. A fix is watched from the moment a deployment that holds it succeeded. Told
again under one id it is the same deployment, as far as it has come. COMMIT is looked up in the repository of --in: TARGET_REPO's, else the
demo's, else the folder that you are in.
"""
    + instance.EPILOG
)
STATES = ("in_progress", "succeeded", "failed")


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    parser = commands.add_parser(
        "deployed", help="tell which commit came to production", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("commit", nargs="?", default="HEAD", metavar="COMMIT", help="a commit, branch or tag (HEAD)")
    parser.add_argument("--state", choices=STATES, default="succeeded", help="how far it has come (succeeded)")
    parser.add_argument("--environment", default="production", metavar="NAME", help="where it went (production)")
    parser.add_argument("--id", metavar="ID", help="your own name of this deployment")
    parser.add_argument("--in", dest="place", type=Path, metavar="FOLDER", help="the repository that COMMIT is looked up in")
    parser.add_argument("--list", action="store_true", help="show the newest deployments instead")
    instance.add_verb(parser, _deployed)


def _deployed(chosen: argparse.Namespace) -> None:
    told = instance.call(chosen, "/api/deployments") if chosen.list else _tell(chosen)
    if chosen.json:
        print(json.dumps(told, indent=2))
    elif chosen.list:
        _show(told["items"])
    else:
        print(told["answer"])


def _tell(chosen: argparse.Namespace) -> Any:
    sha = _sha(chosen)
    with suppress(instance.RefusedError):  # whoever may not ask leaves it to webhooks
        instance.call(chosen, "/api/pulls/reconcile", {})  # what was merged is known first: on a laptop no webhook tells of it
    given = {"sha": sha, "state": chosen.state, "environment": chosen.environment}
    return instance.call(chosen, "/api/deployments", given | ({"id": chosen.id} if chosen.id else {}))


def _show(deployments: list[dict[str, Any]]) -> None:
    for one in deployments:
        print(f"{one['heard_at'][:16].replace('T', ' ')}  {one['sha'][:12]}  {one['environment']}: {one['state']}")
    if not deployments:
        print("none yet")


def _sha(chosen: argparse.Namespace) -> str:
    place = chosen.place or _repository()
    found = commits.find_commit(place, chosen.commit)
    if found is None:
        raise BadInputError(f"There is no commit {chosen.commit} in {place}. Name its repository: --in FOLDER.")
    return found


def _repository() -> Path:
    if target := os.environ.get("TARGET_REPO"):
        return Path(target).expanduser().absolute()
    demo = ROOT / ".dispatch" / "demo"
    return demo if demo.is_dir() else Path.cwd()
