"""`dispatch doctor`: whether a running instance is well, part by part, and what to do where it is not. It asks like any client."""

import argparse
import json
from typing import Any

from infra import instance

EPILOG = """\
examples:
  dispatch doctor
  dispatch doctor --url https://dispatch.example.com --json

It looks at the database, its migrations, the schedules, both queues, a socket, webhooks, the model's key, the logs, and GitHub. Nothing is
changed. The key needs the right `admin`: DISPATCH_API_KEY has it.
""" + instance.EPILOG.replace(
    "0 done, 1 the instance does not answer", "0 nothing is wrong, 1 something is, or the instance does not answer"
)
PATIENCE_S = 15.0
TOPIC = "board"
ON_THIS_MACHINE = "laptop/"  # what repositories of `dispatch up` are called


def add_parser(commands: Any) -> None:
    """The command stands beside the others."""
    parser = commands.add_parser(
        "doctor",
        help="whether an instance is well, and what to do where it is not",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    instance.add_verb(parser, _examine)


def _examine(chosen: argparse.Namespace) -> int:
    parts = [*instance.call(chosen, "/api/health/parts")["parts"], _try_socket(chosen), *_github(chosen)]
    is_ill = any(part["ok"] is False for part in parts)
    if chosen.json:
        print(json.dumps({"is_well": not is_ill, "parts": parts}, indent=2))
    else:
        instance.show_checks(parts)
    return int(is_ill)


def _github(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """What `dispatch github check` says; where agents work on this machine, there is nothing to look at."""
    access = instance.call(chosen, "/api/github")
    if access["repository"].startswith(ON_THIS_MACHINE):
        return [
            {"name": "github", "ok": None, "detail": "Not used: agents work on the instance's own machine. See docs/agents-on-github.md."}
        ]
    return [check | {"name": f"github {check['name']}"} for check in access["checks"]]


def _try_socket(chosen: argparse.Namespace) -> dict[str, Any]:
    """A ticket, a connection, a watch, and the ping that answers it."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    ticket = instance.call(chosen, "/api/sockets/ticket", {})
    address = f"{ticket['url']}?ticket={ticket['ticket']}"
    try:
        with connect(address, open_timeout=PATIENCE_S, close_timeout=1) as socket:
            socket.send(json.dumps({"watch": TOPIC, "after": 2**63 - 1}))
            while "ping" not in json.loads(socket.recv(timeout=PATIENCE_S)):
                pass
    except (OSError, TimeoutError, WebSocketException, ValueError) as error:
        why = f"{ticket['url']} does not do what it should ({type(error).__name__}). Do proxies on the way let WebSockets through?"
        return {"name": "sockets", "ok": False, "detail": why}
    return {"name": "sockets", "ok": True, "detail": f"{ticket['url']} opens, and answers a watch."}
