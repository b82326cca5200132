"""Logs with known answers: lines made from events whose values are drawn by chance, each line with the event that it belongs to."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

# Of three kinds of application. A name in braces is a value; lines of one template are one event, whatever their values.
SHOP = """\
Failed to process payment {id}: card declined
Failed to process payment {id}: card expired
Failed to process payment {id}: insufficient funds
Payment provider answered with status code 502 after {ms}
Payment provider answered with status code 429 after {ms}
Refund of {money} for order {id} refused by provider
Order {uuid} has no shipping address
Order {uuid} was paid twice: {money} and {money}
User {email} not found
User {email} is locked
Password reset for {email} failed: SMTP connection to {host}:{port} refused
Password reset for {email} failed: template missing
Cannot read properties of undefined (reading '{word}')
Cannot set properties of undefined (setting '{word}')
Webhook {url} timed out after {ms}
Webhook {url} answered with HTTP 500
Stripe error for customer cus_{token}: No such price: 'price_{token}'
Stripe error for customer cus_{token}: rate limit
Invalid coupon "{word}" for cart {id}
Expired coupon "{word}" for cart {id}
Could not render invoice {id} for {email}: font missing
Image {path} is larger than {size}
Image {path} is not a JPEG
Session {hex} expired at {time}
Session {hex} belongs to another user
Inventory of SKU {sku} is negative: -{number}
Inventory service unavailable, retry {number} of {number}
Search index {word} is {number} documents behind
Cart {id} changed while checking out
Tax rate for {country} missing
"""
PLATFORM = """\
Connection to {ip}:{port} refused
Connection to {ip}:{port} timed out after {ms}
Connection to {ip}:{port} reset by peer
Connection pool exhausted: {number} of {number} in use
deadlock detected: process {number} waits for ShareLock on transaction {number}
duplicate key value violates unique constraint "{word}_pkey"
relation "{word}" does not exist
column "{word}" does not exist
canceling statement due to statement timeout after {ms}
could not write to file {path}: No space left on device
could not read from file {path}: Permission denied
could not open file {path}: Permission denied
Failed to open {path}: too many open files
Failed to close {path}: bad file descriptor
Pod {pod} was evicted: node is low on memory
Pod {pod} failed its liveness probe {number} times
Pod {pod} restarted with exit code 137
Pod {pod} restarted with exit code 1
Node {host} is not ready since {time}
Node {host} has disk pressure
Certificate of {host} expires on {date}
Certificate of {host} is not trusted
Message {uuid} in queue {word} was received {number} times
Queue {word} has {number} messages older than {ms}
Consumer {word} lost its lease on partition {number}
Leader election of {word} failed after {ms}
Heap is {number} MB of {number} MB
GC pause of {ms}
DNS lookup of {host} failed: NXDOMAIN
DNS lookup of {host} failed: SERVFAIL
"""
GATEWAY = """\
Invalid user {word} from {ip}
Accepted password for {word} from {ip} port {port}
Failed password for {word} from {ip} port {port}
session opened for user {word}
session closed for user {word}
authentication failure; uid={number} tty={word} rhost={host}
authentication failure; uid={number} tty={word} rhost={host} user={word}
request_id={uuid} method=GET path={path} status=500 took={ms}
request_id={uuid} method=POST path={path} status=500 took={ms}
upstream {ip}:{port} closed connection while reading response header
upstream {ip}:{port} sent too big header
JWT {jwt} has expired
JWT {jwt} is malformed
token of {email} lacks scope {word}
rate limit of {word} exceeded: {number} in {ms}
GET {url} answered {number} bytes in {ms}
POST {url} aborted by client
TLS handshake with {ip} failed: unknown certificate
TLS handshake with {ip} failed: protocol version
removing {word}
loading plugin {word}
0x{hex}: segfault at address 0x{hex}
trace {hex} span {hex} dropped
config {path} line {number}: unknown key
config {path} line {number}: expected a number
worker{number} started in {ms}
worker{number} stopped: signal 9
worker{number} stopped: signal 15
peer [{ip6}]:{port} unreachable
peer [{ip6}]:{port} speaks an old protocol
"""
SETS = {"shop": SHOP, "platform": PLATFORM, "gateway": GATEWAY}
NAMES = (
    *("ada", "bob", "carol", "dora", "eve", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia", "peggy", "rupert"),
    *("sybil", "trent", "victor", "walter", "orders", "users", "events"),
)


@dataclass(frozen=True)
class Line:
    """A log line's message, and the event it belongs to."""

    message: str
    event: str


def generate(name: str, *, lines: int = 2_000, seed: int = 1) -> list[Line]:
    """So many lines of a set; rare events are as rare as in life. The same seed makes the same lines."""
    chance = random.Random(f"{name}{seed}")
    events = SETS[name].splitlines()
    chosen = chance.choices(events, weights=[1 / (place + 1) for place in chance.sample(range(len(events)), len(events))], k=lines)
    return [Line(event.format_map(Values(chance)), event) for event in chosen]


class Values(dict[str, str]):
    """A new value for each name that is asked for."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance

    def __missing__(self, name: str) -> str:
        return next(value for kind, value in self._all() if kind == name)

    def _all(self) -> Iterator[tuple[str, str]]:
        chance = self._chance
        number, word = chance.randrange(1, 99_999), chance.choice(NAMES)
        moment = f"2026-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        yield "id", f"{chance.choice(['', '#'])}{number}"
        yield "number", str(chance.choice([number, number % 10]))
        yield "word", chance.choice([word, f"{word}_{number}", f"{word}-{chance.choice(NAMES)}"])
        yield "ms", f"{number}{chance.choice(['ms', ' ms', 's', ' seconds'])}"
        yield "money", f"${number:,}.{number % 100:02}"
        yield "uuid", str(UUID(int=chance.getrandbits(128)))
        yield "email", f"{word}.{chance.choice(NAMES)}@{chance.choice(NAMES)}.example.com"
        yield "host", f"{word}-{number % 50}.{chance.choice(NAMES)}.example.com"
        yield "port", str(number)
        yield "ip", ".".join(str(chance.randrange(256)) for _ in range(4))
        yield "ip6", ":".join(f"{chance.randrange(65_536):x}" for _ in range(8))
        yield "url", f"https://api.example.com/{word}/{number}?q={chance.choice(NAMES)}"
        yield "path", f"/srv/{word}/{chance.choice(NAMES)}/{number}.{chance.choice(['png', 'db', 'toml'])}"
        yield "size", f"{number} {chance.choice(['KB', 'MB', 'MiB'])}"
        yield "token", "".join(chance.choices("abcdefghKLMNPQ23456789", k=14))
        yield "hex", f"{chance.getrandbits(64):016x}"
        yield "sku", f"{word[:2].upper()}-{number}"
        yield "country", chance.choice(["DE", "FR", "US", "NZ", "JP"])
        yield "time", f"{moment}T{chance.randrange(24):02}:{chance.randrange(60):02}:00{chance.choice(['Z', '+02:00', '.123Z'])}"
        yield "date", moment
        yield "pod", f"{word}-{chance.getrandbits(32):08x}-{''.join(chance.choices('bcdfghjk2456789', k=5))}"
        yield "jwt", ".".join(["eyJhbGciOiJIUzI1NiJ9", f"eyJ{chance.getrandbits(128):x}", f"{chance.getrandbits(128):x}"])
