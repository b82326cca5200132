"""The `dispatch` command."""

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path

from infra import cloud, deployed, doctor, github, logging, policy, pulls, workflows

EPILOG = """\
settings come from the environment or from a file .env in the project's folder; the most useful ones:
  PORT               where `up` listens (3002)
  TARGET_REPO        the git repository that agents work on (a demo repository)
  ANTHROPIC_API_KEY  the key for a real model (a scripted one)
  PG_DATABASE_URL    a Postgres of your own, with pgvector (an embedded one)
  DISPATCH_PASSWORD  signs in the owner (generated, in .dispatch/password)
  NO_COLOR           plain output

exit codes: 0 done, 1 something failed, 2 what was asked for cannot be done and nothing was changed
"""


def main(arguments: list[str] | None = None) -> int:
    """Does what the arguments ask for and returns the exit code."""
    chosen = _parser().parse_args(arguments)
    code = chosen.run(chosen)
    if chosen.run is _up:
        _leave(code)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dispatch",
        description="Turns a sentence, or a production error, into work done by a coding agent.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    up = commands.add_parser("up", help="run everything on this machine, until Ctrl-C")
    up.add_argument(
        "--data", type=Path, default=None, metavar="FOLDER", help="where everything is kept (.dispatch in the project's folder)"
    )
    up.add_argument("--no-build", action="store_true", help="serve the site as it was built last")
    up.set_defaults(run=_up)
    migrate = commands.add_parser("migrate", help="bring the database of PG_DATABASE_URL up to date")
    migrate.set_defaults(run=_migrate)
    deployed.add_parser(commands)
    cloud.add_parsers(commands)
    doctor.add_parser(commands)
    github.add_parser(commands)
    logging.add_parser(commands)
    policy.add_parser(commands)
    pulls.add_parsers(commands)
    workflows.add_parser(commands)
    commands.add_parser("version", help="say which version this is").set_defaults(run=_version)
    return parser


def _up(chosen: argparse.Namespace) -> int:
    from infra.laptop.environment import ROOT
    from infra.laptop.up import up

    return up((chosen.data or ROOT / ".dispatch").absolute(), is_building=not chosen.no_build)


def _migrate(_chosen: argparse.Namespace) -> int:
    import psycopg

    from dispatch.kit import migrate
    from dispatch.kit.errors import DispatchError
    from infra.laptop.environment import ROOT, read_dotenv
    from infra.laptop.problems import BadInputError

    try:
        read_dotenv(ROOT / ".env")
    except BadInputError as error:
        print(error, file=sys.stderr)
        return 2
    url = os.environ.get("PG_DATABASE_URL")
    if not url:
        print("PG_DATABASE_URL is not set. `dispatch up` keeps its own database up to date by itself.", file=sys.stderr)
        return 2
    try:
        done = migrate.apply(url, tell=lambda name: print(f"applying {name}"))
    except (DispatchError, psycopg.Error) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(done)} applied" if done else "nothing to do")
    return 0


def _version(_chosen: argparse.Namespace) -> int:
    print(version("dispatch"))
    return 0


def _leave(code: int) -> None:
    """Ends the process without waiting for threads: a function that still runs is cut off, as Lambda would."""
    for stream in (sys.stdout, sys.__stdout__, sys.stderr):
        if stream:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
