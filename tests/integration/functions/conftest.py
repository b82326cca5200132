"""The API called as API Gateway calls it: with events."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dispatch.kit.work import close_connection

PASSWORD = "correct horse battery staple"
API_KEY = "dk_for_tests_only"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Api:
    """A client of the handler: a browser once it has a cookie, a machine once it has a bearer."""

    bearer: str | None = None
    cookie: str | None = None
    address: str = "203.0.113.7"
    headers: dict[str, str] = field(default_factory=lambda: {"x-requested-with": "dispatch"})

    def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        from functions.api.handler import handler

        answer = handler(self._event(method, path, body, raw, headers or {}), None)
        text = answer["body"]
        if answer["isBase64Encoded"]:
            text = base64.b64decode(text).decode()
        return Answer(answer["statusCode"], answer["headers"], answer.get("cookies") or [], text)

    def get(self, path: str, **more: Any) -> Answer:
        return self.call("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.call("POST", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Answer:
        return self.call("PATCH", path, body, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.call("DELETE", path, **more)

    def sign_in(self, password: str = PASSWORD, name: str | None = None) -> Answer:
        answer = self.post("/api/auth", {"password": password} | ({"name": name} if name else {}))
        if answer.status == 200:
            self.cookie = answer.cookies[0].split(";")[0]
        return answer

    def _event(self, method: str, path: str, body: Any, raw: bytes | None, more: dict[str, str]) -> dict[str, Any]:
        path, _, query = path.partition("?")
        headers = {"host": "localhost:3002", "content-type": "application/json"} | self.headers | more
        if self.bearer is not None:
            headers["authorization"] = f"Bearer {self.bearer}"
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "cookies": [self.cookie] if self.cookie else [],
            "headers": headers | {"content-length": str(len(content))},
            "requestContext": {
                "requestId": "trace-1",
                "stage": "$default",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": self.address, "userAgent": "test"},
            },
            "body": base64.b64encode(content).decode(),
            "isBase64Encoded": True,
        }


@pytest.fixture
def instance(database: str, repository: str, setting: pytest.MonkeyPatch) -> None:
    """An instance with an owner, a machine key and a repository."""
    setting.setenv("DISPATCH_PASSWORD", PASSWORD)
    setting.setenv("DISPATCH_API_KEY", API_KEY)


@pytest.fixture
def stranger(instance: None) -> Api:
    """Somebody who proves nothing."""
    return Api()


@pytest.fixture
def owner(instance: None) -> Api:
    """The owner's browser, signed in."""
    api = Api()
    assert api.sign_in().status == 200
    return api


@pytest.fixture
def machine(instance: None) -> Api:
    """A machine with the API key."""
    return Api(bearer=API_KEY)


@pytest.fixture
def address(database: str, repository: str, queues: Any, setting: pytest.MonkeyPatch) -> Iterator[str]:
    """An instance's address, over a real socket; its key is in the environment."""
    setting.setenv("DISPATCH_API_KEY", API_KEY)

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            answer = Api(bearer=self.headers["authorization"].removeprefix("Bearer ")).call(self.command, self.path, raw=raw)
            close_connection()
            body = answer.text.encode()
            self.send_response(answer.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
