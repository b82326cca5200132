"""The webhooks' real door on a port, with the schedules that retry: a process that may be killed. `python -m … PORT FOLDER`."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from infra.laptop import environment
from infra.laptop.doors.all import Doors
from infra.laptop.doors.queues import Sqs
from infra.laptop.doors.site import Site
from infra.wiring import FUNCTIONS


def main(port: int, site: Path) -> None:
    """Serves until it is killed. The database and the secret are in the environment."""
    sqs = Sqs()
    environment.prepare_for_aws(os.environ, sqs_url=sqs.url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    functions = tuple(function for function in FUNCTIONS if function.name in {"webhooks", "verifier"})
    doors = Doors(sqs, Site(site, sockets_url=""), more={}, functions=functions)
    asyncio.run(doors.open(sock, opened=int))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
