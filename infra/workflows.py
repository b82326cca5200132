"""`dispatch workflows`: what agents on GitHub Actions need in a repository is put there, compared, and taken away again."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra import installation
from infra.installation import CONFIGURATION, MANIFEST, Engine, FileState, Installed
from infra.laptop.problems import BadInputError

EPILOG = """\
examples:
  dispatch workflows install ../shop
  dispatch workflows check ../shop --json
  dispatch workflows uninstall ../shop

Commit and push afterwards: GitHub reads workflows from the default branch. docs/agents-on-github.md says the rest.

exit codes: 0 done, or everything is up to date; 1 (check) something is not; 2 refused, and nothing was changed
"""
TO_DO = """
Before the first run:
  1. Commit .github and push it to the default branch.
  2. Settings > Environments: make the environment "dispatch", for the default branch alone, with
{settings}
  3. Settings > Actions > General: tick "Allow GitHub Actions to create and approve pull requests".
The jobs ask for no more than this: {permissions}
"""
URL = ("variable", "DISPATCH_API_URL", "where Dispatch is, as in https://dispatch.example.com")
KEY = ("secret", "DISPATCH_API_KEY", "Dispatch's own DISPATCH_API_KEY")
PUSH = (
    "secret",
    "DISPATCH_PUSH_TOKEN",
    "optional: a token that may push and open pull requests. With it, their checks start by themselves",
)


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    parser = commands.add_parser(
        "workflows",
        help="put what agents on GitHub Actions need into a repository",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(required=True, metavar="verb")
    install = verbs.add_parser("install", help="put the workflows and the runner there, or bring them up to date")
    install.add_argument("--force", action="store_true", help="also over files that were edited there")
    install.add_argument(
        "--with-api-key",
        action=argparse.BooleanOptionalAction,
        help="jobs show the secret DISPATCH_API_KEY instead of GitHub's word for who they are (as installed last; at first, GitHub's word)",
    )
    check = verbs.add_parser("check", help="say for each file whether it is up to date")
    check.add_argument("--json", action="store_true", help="as JSON")
    uninstall = verbs.add_parser("uninstall", help="take away what was installed; what was edited, and your dispatch.toml, stay")
    for verb, act in ((install, _install), (check, _check), (uninstall, _uninstall)):
        verb.add_argument("path", type=Path, metavar="PATH", help="the repository's folder")
        verb.set_defaults(run=lambda chosen, act=act: _do(chosen, act))


def _do(chosen: argparse.Namespace, act: Callable[[argparse.Namespace, Installed], int]) -> int:
    try:
        return act(chosen, Installed.read(chosen.path))
    except (BadInputError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _install(chosen: argparse.Namespace, installed: Installed) -> int:
    has_api_key = installed.has_api_key if chosen.with_api_key is None else chosen.with_api_key
    shipped = installation.shipped_files(installed.engine, has_api_key=has_api_key)
    states = installed.compare(shipped)
    edited = [path for path, state in states.items() if state is FileState.EDITED and path in shipped]
    if edited and not chosen.force:
        raise BadInputError(f"Not installed by this command, or edited since: {', '.join(edited)}. --force writes over them.")
    for path in states.keys() - shipped.keys():
        if states[path] is FileState.OLD:
            installation.remove_file(installed.repository, path)
    for path, content in shipped.items():
        installation.write_file(installed.repository / path, content)
    sums = {path: installation.checksum(content) for path, content in sorted(shipped.items())}
    manifest = {"version": installation.runner_version(), "has_api_key": has_api_key, "files": sums}
    installation.write_file(installed.repository / MANIFEST, (json.dumps(manifest, indent=2) + "\n").encode())
    changed = sum(state is not FileState.CURRENT for state in states.values())
    print(f"{installed.repository}: {changed} of {len(shipped)} files written, the runner's version is {installation.runner_version()}.")
    _make_configuration(installed.repository)
    _tell_what_to_do(installed.engine, has_api_key=has_api_key)
    return 0


def _make_configuration(repository: Path) -> None:
    """The repository has one; what stands in it is its own from then on."""
    if (repository / CONFIGURATION).exists():
        return
    base = installation.guess_base_branch(repository)
    template = (installation.SOURCE / "dispatch.toml").read_text()
    installation.write_file(repository / CONFIGURATION, template.replace('"main"', json.dumps(base), 1).encode())
    print(f"{CONFIGURATION} is new: agents begin from {base}. Say in it how the repository is set up and checked.")


def _tell_what_to_do(engine: Engine, *, has_api_key: bool) -> None:
    settings = [("secret", engine.key, "the model's key"), URL, *([KEY] if has_api_key else []), PUSH]
    lines = [f"       {kind:8} {name:20} {meaning}" for kind, name, meaning in settings]
    wanted = ["contents: read", *([] if has_api_key else ["id-token: write"]), "and to publish contents: write and pull-requests: write"]
    print(TO_DO.format(settings="\n".join(lines), permissions=", ".join(wanted)).rstrip())


def _check(chosen: argparse.Namespace, installed: Installed) -> int:
    states = installed.compare(installation.shipped_files(installed.engine, has_api_key=installed.has_api_key))
    is_current = set(states.values()) == {FileState.CURRENT}
    if chosen.json:
        told = {"repository": str(installed.repository), "installed": installed.version, "newest": installation.runner_version()}
        print(json.dumps(told | {"is_up_to_date": is_current, "files": states}, indent=2))
        return 0 if is_current else 1
    for path, state in states.items():
        print(f"{state:12} {path}")
    if not is_current:
        print(f"\nBring it up to date: dispatch workflows install {chosen.path}")
    return 0 if is_current else 1


def _uninstall(_chosen: argparse.Namespace, installed: Installed) -> int:
    if installed.version is None:
        raise BadInputError(f"Nothing is installed in {installed.repository}: there is no {MANIFEST}.")
    for path in installed.sums:
        match installed.state_of(path, None):
            case FileState.EDITED:
                print(f"kept, for it was edited: {path}")
            case FileState.OLD:
                installation.remove_file(installed.repository, path)
    installation.remove_file(installed.repository, MANIFEST)
    print(f"{installed.repository}: uninstalled. {CONFIGURATION}, the environment and its secrets are yours to remove.")
    return 0
