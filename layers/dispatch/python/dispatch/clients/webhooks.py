"""A request to somebody's webhook, whose address nobody vouches for: no private address, no redirect, no slow or endless answer."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import IPPROTO_TCP, gaierror, getaddrinfo
from urllib.parse import SplitResult, quote, urlsplit

from dispatch.clients.wire import KeptOpen
from dispatch.kit.errors import BadInput, Unavailable

TIMEOUT_S = 10  # one try, all of it
LONGEST_PAUSE = timedelta(days=1)  # a wilder Retry-After is not believed
NAT64, SIX_TO_FOUR, TEREDO = ip_network("64:ff9b::/96"), ip_network("2002::/16"), ip_network("2001::/32")
FINE_IN_PATH = "/%:@!$&'()*+,;=-._~"


class Refused(BadInput):
    """This webhook's address is not one that Dispatch sends anything to."""


class NoAnswer(Unavailable):
    """The webhook does not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `pause` is for how long it asks to be left alone."""

    status: int
    pause: timedelta | None


def post(url: str, body: bytes, headers: Mapping[str, str], *, allows_private: bool = False) -> Answer:
    """The webhook's answer, whatever it is. `allows_private`: also without TLS. Raises Refused, NoAnswer."""
    where = _read(url, allows_private=allows_private)
    host, port = where.hostname or "", where.port or (443 if where.scheme == "https" else 80)
    deadline = time.monotonic() + TIMEOUT_S
    addresses = _look_up(host, port)
    if not allows_private and (inside := next((one for one in addresses if not is_public(one)), None)):
        raise Refused(f"{host} leads to {inside}, which is not a public address.")
    try:
        door = _open(where, port, addresses, deadline)
        door.send(_request(where, body, headers), deadline)
        status, told = door.read_head(deadline)
    except (OSError, ValueError) as error:  # a name that no certificate can have is a ValueError
        raise NoAnswer(f"{host} does not answer: {error or type(error).__name__}.") from error
    return Answer(status, _pause(told.get("retry-after", "")))


def is_public(address: str) -> bool:
    """Whether the address is everybody's: neither private nor link-local, however it is written."""
    return all(one.is_global and not one.is_multicast for one in _meant(ip_address(address.partition("%")[0])))


def _meant(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """The address, and those that lie inside it."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped:
        yield address.ipv4_mapped
    else:
        yield address
        if address in NAT64:
            yield IPv4Address(int(address) & 0xFFFF_FFFF)
        elif address in SIX_TO_FOUR and address.sixtofour:
            yield address.sixtofour
        elif address in TEREDO and address.teredo:
            yield from address.teredo


def _read(url: str, *, allows_private: bool) -> SplitResult:
    try:
        where = urlsplit(url.strip())
        _ = where.port
    except ValueError as error:
        raise Refused("A webhook's address cannot be read.") from error
    if where.scheme != "https" and not (allows_private and where.scheme == "http"):
        raise Refused("A webhook's address begins with https://.")
    if not where.hostname or where.username is not None:
        raise Refused("A webhook's address has a host, and no user in it.")
    return where


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = getaddrinfo(host, port, proto=IPPROTO_TCP)
    except (gaierror, UnicodeError) as error:
        raise NoAnswer(f"{host} is not known: nobody answers there.") from error
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def _open(where: SplitResult, port: int, addresses: list[str], deadline: float) -> KeptOpen:
    """A connection to the first of the addresses that takes one: they were looked at, and are not looked up again."""
    for left, address in enumerate(addresses, 1 - len(addresses)):
        try:
            return KeptOpen(where.hostname or "", port, is_safe=where.scheme == "https", deadline=deadline, address=address)
        except OSError:
            if left == 0:
                raise
    raise OSError("it has no address")


def _request(where: SplitResult, body: bytes, headers: Mapping[str, str]) -> bytes:
    path = quote(where.path or "/", safe=FINE_IN_PATH) + (f"?{quote(where.query, safe=FINE_IN_PATH + '?')}" if where.query else "")
    host = where.netloc.encode("idna").decode() if not where.netloc.isascii() else where.netloc
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Dispatch",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _pause(retry_after: str) -> timedelta | None:
    return min(timedelta(seconds=int(retry_after)), LONGEST_PAUSE) if retry_after.isdecimal() and len(retry_after) < 9 else None
