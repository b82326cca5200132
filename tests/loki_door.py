"""A Loki on the loopback: keeps lines, understands the queries that we send well enough to filter and count them, and misbehaves on demand."""

import base64
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<range>\[\d+s\])|(?P<op>\|=|\|~|=~|!=|!~|=|\||\(|\)|\{|\}|,)|(?P<name>[A-Za-z_]\w*))"""
)
SELECTOR = '{app="shop"}'
MOST_SERIES = 500


class NotLogQL(Exception):
    """Loki's own parser would say no."""


@dataclass
class Line:
    at: datetime
    text: str
    labels: dict[str, str]

    def fields(self) -> dict[str, str]:
        """Labels, and what `| json` adds: nested names joined by underscores; a line that is no object has an error instead."""
        try:
            given = json.loads(self.text)
        except ValueError:
            given = None
        return self.labels | (_flat(given) if isinstance(given, dict) else {"__error__": "JSONParserErr"})


@dataclass
class Loki:
    """`say(...)` logs a line; `asked` is what was asked, `answer` (if set) answers in its place: (status, body) or a function of the socket."""

    url: str = ""
    lines: list[Line] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    answer: tuple[int, Any] | Callable[[Any], None] | None = None
    during: Callable[[], None] = lambda: None

    def say(self, at: datetime, text: str | None = None, *, labels: dict[str, str] | None = None, **fields: Any) -> None:
        """One line at that moment: a text, or fields as JSON."""
        self.lines.append(Line(at, text if text is not None else json.dumps(fields), {"app": "shop"} | (labels or {})))

    @property
    def queries(self) -> list[str]:
        """Every LogQL query that was asked."""
        return [params["query"] for _, params, _ in self.asked]

    def query_range(self, params: dict[str, str]) -> dict[str, Any]:
        query, start, end = Query(params["query"]), int(params["start"]) / 1e9, int(params["end"]) / 1e9
        if query.range_s is None:
            found = sorted(
                (line for line in self.lines if start <= line.at.timestamp() < end and query.fits(line)), key=lambda line: line.at
            )
            found = found[: int(params["limit"])] if params["direction"] == "forward" else found[::-1][: int(params["limit"])]
            return {"resultType": "streams", "result": [_stream(line, query) for line in found]}
        moments: dict[tuple[tuple[str, str], ...], list[Any]] = {}
        at = start
        while at <= end:
            for labels, count in query.counts(self.lines, at).items():
                moments.setdefault(labels, []).append([at, str(count)])
            at += float(params["step"].removesuffix("s"))
        return {"resultType": "matrix", "result": [{"metric": dict(labels), "values": values} for labels, values in moments.items()]}

    def query(self, params: dict[str, str]) -> dict[str, Any]:
        query, at = Query(params["query"]), int(params["time"]) / 1e9
        counted = query.counts(self.lines, at)
        return {"resultType": "vector", "result": [{"metric": dict(labels), "value": [at, str(n)]} for labels, n in counted.items()]}


class Query:
    """A query, parsed by this module's own reading of LogQL's grammar."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0
        self.by: list[str] = []
        self.range_s: float | None = None
        self.tests: list[Callable[[Line, dict[str, str]], bool]] = []
        self.reads_json = False
        if self._peek() == ("name", "sum"):
            self._counted()
        else:
            self._log_query()
        if self.place != len(self.tokens):
            raise NotLogQL(f"unexpected {self.tokens[self.place]}")

    def fits(self, line: Line) -> bool:
        fields = line.fields() if self.reads_json else dict(line.labels)
        return all(test(line, fields) for test in self.tests)

    def counts(self, lines: list[Line], at: float) -> dict[tuple[tuple[str, str], ...], int]:
        assert self.range_s is not None
        counted: Counter[tuple[tuple[str, str], ...]] = Counter()
        for line in lines:
            if at - self.range_s < line.at.timestamp() <= at and self.fits(line):
                fields = line.fields() if self.reads_json else line.labels
                counted[tuple((name, fields[name]) for name in self.by if name in fields)] += 1
        if len(counted) > MOST_SERIES:
            raise NotLogQL("maximum of series (500) reached for a single query")
        return counted

    def _counted(self) -> None:
        self._take("name", "sum")
        if self._peek() == ("name", "by"):
            self._take("name", "by")
            self._take("op", "(")
            self.by.append(self._take("name"))
            while self._peek() == ("op", ","):
                self._take("op", ",")
                self.by.append(self._take("name"))
            self._take("op", ")")
        self._take("op", "(")
        self._take("name", "count_over_time")
        self._take("op", "(")
        self._log_query()
        self.range_s = float(self._take("range")[1:-2])
        self._take("op", ")")
        self._take("op", ")")

    def _log_query(self) -> None:
        self._take("op", "{")
        matchers = [self._matcher()]
        while self._peek() == ("op", ","):
            self._take("op", ",")
            matchers.append(self._matcher())
        self._take("op", "}")
        self.tests.append(lambda line, _: all(matcher(line.labels) for matcher in matchers))
        while self._peek()[1] in {"|=", "|~", "|"}:
            self._stage(self._take("op"))

    def _stage(self, op: str) -> None:
        if op == "|=":
            wanted = self._string()
            self.tests.append(lambda line, _: wanted in line.text)
        elif op == "|~":
            pattern = re.compile(self._string())
            self.tests.append(lambda line, _: pattern.search(line.text) is not None)
        elif self._peek() == ("name", "json"):
            self._take("name", "json")
            self.reads_json = True
        else:
            in_brackets = self._peek() == ("op", "(")
            choices = [self._choice(in_brackets)]
            while in_brackets and self._peek() == ("name", "or"):
                self._take("name", "or")
                choices.append(self._matcher())
            if in_brackets:
                self._take("op", ")")
            self.tests.append(lambda _, fields: any(choice(fields) for choice in choices))

    def _choice(self, in_brackets: bool) -> Callable[[dict[str, str]], bool]:
        if in_brackets:
            self._take("op", "(")
        return self._matcher()

    def _matcher(self) -> Callable[[dict[str, str]], bool]:
        name, op, value = self._take("name"), self._take("op"), self._string()
        if op == "=":
            return lambda fields: fields.get(name, "") == value
        if op == "=~":
            pattern = re.compile(value)
            return lambda fields: pattern.fullmatch(fields.get(name, "")) is not None
        raise NotLogQL(f"unexpected {op}")

    def _string(self) -> str:
        try:
            astral = re.sub(r"\\U([0-9a-f]{8})", lambda found: chr(int(found[1], 16)), self._take("string"))
            return json.loads(astral)  # for what else we write, Go's strings are JSON's
        except ValueError as error:
            raise NotLogQL("invalid string") from error

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def _take(self, kind: str, text: str | None = None) -> str:
        found = self._peek()
        if found[0] != kind or (text is not None and found[1] != text):
            raise NotLogQL(f"unexpected {found[1]!r}")
        self.place += 1
        return found[1]


@contextmanager
def open_loki() -> Iterator[Loki]:
    """A Loki at `.url`."""
    loki = Loki()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            params = dict(parse_qsl(url.query))
            loki.asked.append((url.path, params, {name.lower(): value for name, value in self.headers.items()}))
            loki.during()
            if callable(loki.answer):
                return loki.answer(self)
            return self._send(*(loki.answer or self._found(url.path, params)))

        def _found(self, path: str, params: dict[str, str]) -> tuple[int, Any]:
            asked = {"/loki/api/v1/query_range": loki.query_range, "/loki/api/v1/query": loki.query}
            if path not in asked:
                return 404, "404 page not found"
            try:
                return 200, {"status": "success", "data": asked[path](params) | {"stats": {}}}
            except (NotLogQL, re.error) as error:
                return 400, f"parse error: {error}"

        def _send(self, status: int, body: Any) -> None:
            content = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    loki.url = f"http://127.0.0.1:{server.server_port}"
    yield loki
    server.shutdown()
    server.server_close()


def basic(user: str, password: str) -> str:
    """What HTTP's basic authentication sends."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found or found.lastgroup is None:
            raise NotLogQL(f"unexpected {text[place : place + 20]!r}")
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


def _stream(line: Line, query: Query) -> dict[str, Any]:
    fields = line.fields() if query.reads_json else line.labels
    return {"stream": fields, "values": [[str(int(line.at.astimezone(UTC).timestamp() * 1e9)), line.text]]}


def _flat(given: dict[str, Any], before: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in given.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{before}{name}_")
        elif not isinstance(value, list):
            flat[f"{before}{name}"] = value if isinstance(value, str) else json.dumps(value)
    return flat
