"""Pushes under Lambda: how long one event takes to so many watchers, where each POST to `@connections` is answered after so many ms.

The real client, against a loopback server that takes its time. What is not sent within the client's 3 seconds is lost, and repaired when
the watcher hears of the newest seq. Run with `python -m benchmarks.pushes`.
"""

import logging
import os
import threading
import time
from socketserver import StreamRequestHandler, ThreadingTCPServer

from benchmarks.figures import Figure, arguments, show
from dispatch.clients import sockets
from dispatch.kit.settings import settings

WATCHERS = (50, 500, 2000)
ANSWER_MS = (5, 15, 30)  # inside one region it is 5 to 15 on a good day
REACH_MS = {500: 1000}
FRAME = b'{"topic": "run:1", "seq": 1, "kind": "run.event", "data": {"text": "' + b"x" * 400 + b'"}}'


class Slow(StreamRequestHandler):
    """Answers each request on a kept connection after `answer_s`."""

    answer_s = 0.0
    taken = 0
    counted = threading.Lock()

    def handle(self) -> None:
        """One connection."""
        while self.rfile.readline():
            length = 0
            while line := self.rfile.readline().strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            time.sleep(Slow.answer_s)
            with Slow.counted:
                Slow.taken += 1
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


class Server(ThreadingTCPServer):
    """Where a client that gives up leaves no trace."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """It has hung up."""


def measure() -> list[Figure]:
    """The figures for each number of watchers and each answer's time."""
    sockets.post_all({f"socket-{n}": [FRAME] for n in range(50)})  # its connections are open
    figures: list[Figure] = []
    for answer_ms in ANSWER_MS:
        Slow.answer_s = answer_ms / 1000
        for count in WATCHERS:
            Slow.taken, began = 0, time.monotonic()
            sockets.post_all({f"socket-{n}": [FRAME] for n in range(count)})
            took_ms = (time.monotonic() - began) * 1000
            name = f"{count} watchers, answers after {answer_ms} ms"
            figures.append(Figure(f"{name}: the last has it", took_ms, "ms", REACH_MS.get(count)))
            figures.append(Figure(f"{name}: not reached", max(0, count - Slow.taken), ""))
    return figures


if __name__ == "__main__":
    asked = arguments(__doc__).parse_args()
    logging.disable()
    with Server(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        keys = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
        os.environ |= keys | {"SOCKETS_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}"}
        settings.cache_clear()
        show("pushes: one event to many watchers", measure(), as_json=asked.json)
        server.shutdown()
