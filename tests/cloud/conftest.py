"""Functions as they run in the cloud: built bundles under Lambda's runtime client, secrets from the extension, a real database."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from infra.laptop.doors.queues import Sqs
from infra.wiring import FUNCTIONS, Queue
from tests.cloud import parts
from tests.cloud.emulator import Emulated, emulated
from tests.cloud.runtime_api import KEYS, Container, running
from tests.integration.conftest import Connections, connections

__all__ = ["connections"]

PASSWORD = "correct horse battery staple"
API_KEY = "dk_for_tests_only"
SETTINGS = {"DISPATCH_PASSWORD": PASSWORD, "DISPATCH_API_KEY": API_KEY, "GITHUB_REPO": "acme/shop", "GITHUB_WEBHOOK_SECRET": "hook"}


class Cloud:
    """What stands around the functions: queues, secrets, `@connections`."""

    def __init__(self, sqs: Sqs, built: Path, folder: Path, *, sockets_endpoint: str) -> None:
        self.sqs, self.built = sqs, built
        self.queues = {
            wake.setting: sqs.make_queue(wake, timeout_s=function.timeout_s)
            for function in FUNCTIONS
            for wake in function.wakes
            if isinstance(wake, Queue)
        }
        self._folder, self._sockets_endpoint = folder, sockets_endpoint
        self._secrets: dict[str, dict[str, str]] = {}
        self._numbers = count(1)
        self._open = ExitStack()
        self.extension = _extension(self._secrets)
        self._open.callback(self.extension.server_close)
        self._open.callback(self.extension.shutdown)

    def start(self, name: str, database: str, **settings: str) -> Container:
        """A container of the function, on this database."""
        place = parts.place(self._folder / f"{name}-{next(self._numbers)}", self.built, name)
        return self._open.enter_context(running(place, parts.HANDLERS[name], self.environment(database, **settings)))

    def emulate(self, name: str, database: str) -> Emulated:
        """The function on this database, behind AWS's emulator."""
        place = parts.place(self._folder / f"{name}-{next(self._numbers)}", self.built, name)
        return self._open.enter_context(emulated(parts.emulator(), place, parts.HANDLERS[name], self.environment(database)))

    def environment(self, database: str, **settings: str) -> dict[str, str]:
        """What the stack sets; what is secret is in the secrets."""
        address = urlsplit(database)
        self._secrets |= {"the-settings": SETTINGS, "the-login": _login(database)}
        return {
            "DATABASE_ADDRESS": f"postgresql://{address.hostname}:{address.port}{address.path}",
            "DATABASE_SECRET": "the-login",
            "SETTINGS_SECRET": "the-settings",
            "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(self.extension.server_port),
            "POWERTOOLS_SERVICE_NAME": "dispatch",
            "POWERTOOLS_METRICS_NAMESPACE": "Dispatch",
            "SOCKETS_ENDPOINT": self._sockets_endpoint,
            "AWS_ENDPOINT_URL_SQS": self.sqs.url,
            **self.queues,
            **settings,
        }

    def take(self, setting: str) -> list[str]:
        """The bodies that wait in the queue, taken off."""
        client, address = self.sqs.client(), self.queues[setting]
        found = client.receive_message(QueueUrl=address, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            client.delete_message(QueueUrl=address, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in found]

    def forget_queues(self) -> None:
        """They are gone with what waits in them: moto's queues are the process's, whoever asked for them."""
        for address in self.queues.values():
            self.sqs.client().delete_queue(QueueUrl=address)

    def close(self) -> None:
        """Every container has ended."""
        self._open.close()


@pytest.fixture(scope="session")
def built() -> Path:
    """Every bundle, for this machine."""
    return parts.bundles()


@pytest.fixture
def cloud(connections: Connections, built: Path, tmp_path: Path) -> Iterator[Cloud]:
    """Queues, secrets and sockets, and nothing running yet."""
    sqs = Sqs(KEYS["AWS_REGION"])
    found = Cloud(sqs, built, tmp_path / "containers", sockets_endpoint=os.environ["SOCKETS_ENDPOINT"])
    yield found
    found.close()
    found.forget_queues()
    sqs.stop()


def _login(database: str) -> dict[str, str]:
    address = urlsplit(database)
    return {"username": unquote(address.username or ""), "password": unquote(address.password or "")}


def _extension(secrets: dict[str, dict[str, str]]) -> HTTPServer:
    """The secrets extension, which answers who has the function's session."""

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = parse_qs(urlsplit(self.path).query)["secretId"][0]
            may = self.headers["X-Aws-Parameters-Secrets-Token"] == KEYS["AWS_SESSION_TOKEN"]
            known = secrets.get(wanted) if may else None
            body = b"{}" if known is None else json.dumps({"SecretString": json.dumps(known)}).encode()
            self.send_response(400 if known is None else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
