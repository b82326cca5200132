"""HTTP/1.1 over a connection that stays open, as little of it as a push needs: a request goes out whole, its answer's status comes back."""

import re
import socket
import ssl
import time
from functools import cache

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
LAST = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
EARLY = re.compile(rb"HTTP/1\.[01] 1\d\d")
MOST_HEAD = 64 * 1024
AT_ONCE = 64 * 1024


class KeptOpen:
    """One connection. Every method raises OSError where the other end does not answer in time, or not in HTTP.

    `address` is one of the host's, where it is not to be looked up again.
    """

    def __init__(self, host: str, port: int, *, is_safe: bool, deadline: float, address: str | None = None) -> None:
        plain = socket.create_connection((address or host, port), _left(deadline))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = _tls().wrap_socket(plain, server_hostname=host) if is_safe else plain
        self.is_open = True

    def send(self, request: bytes, deadline: float) -> None:
        """The request is on its way."""
        self._socket.settimeout(_left(deadline))
        self._socket.sendall(request)

    def read_status(self, deadline: float) -> int:
        """The answer's status; its body is read and forgotten. One whose length is not told ends the connection."""
        head, body = self._read_head(deadline)
        found, length = STATUS.match(head), LENGTH.search(head)
        if not found:
            raise OSError("the answer is not HTTP")
        if not length or LAST.search(head):
            self.close()
        else:
            self._skip(int(length[1]) - len(body), deadline)
        return int(found[1])

    def read_head(self, deadline: float) -> tuple[int, dict[str, str]]:
        """The answer's status and its headers, named in lower case. Its body is left, and the connection is over."""
        head, body = self._read_head(deadline)
        while EARLY.match(head):  # what comes before the answer
            head, body = self._read_head(deadline, got=body)
        self.close()
        found = STATUS.match(head)
        if not found:
            raise OSError("the answer is not HTTP")
        lines = [line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:]]
        return int(found[1]), {name.strip().lower(): value.strip() for name, _, value in lines}

    def close(self) -> None:
        """Nothing goes over it any more."""
        self.is_open = False
        self._socket.close()

    def _read_head(self, deadline: float, got: bytes = b"") -> tuple[bytes, bytes]:
        while b"\r\n\r\n" not in got:
            if len(got) > MOST_HEAD:
                raise OSError("the answer's headers have no end")
            got += self._receive(deadline)
        head, _, body = got.partition(b"\r\n\r\n")
        return head, body

    def _skip(self, length: int, deadline: float) -> None:
        while length > 0:
            length -= len(self._receive(deadline))

    def _receive(self, deadline: float) -> bytes:
        self._socket.settimeout(_left(deadline))
        got = self._socket.recv(AT_ONCE)
        if not got:
            raise ConnectionResetError("the other end closed the connection")
        return got


def _left(deadline: float) -> float:
    """Seconds until the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no time is left")
    return left


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
