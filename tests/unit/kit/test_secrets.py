"""Secrets are asked of the extension beside the function, with the function's own session."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from dispatch.kit.secrets import SecretsUnavailable, read_secret
from dispatch.kit.settings import refresh, settings
from tests.conftest import Clock

ARN = "arn:aws:secretsmanager:eu-central-1:1:secret:a/b"
HELD = {
    ARN: {"DISPATCH_PASSWORD": "open sesame", "GITHUB_REPO": "acme/shop"},
    "the-login": {"username": "dispatch", "password": "p@ss/word"},
}


class Extension(BaseHTTPRequestHandler):
    """The extension, as AWS documents it."""

    def do_GET(self) -> None:
        wanted = parse_qs(urlsplit(self.path).query)["secretId"][0]
        may = self.headers["X-Aws-Parameters-Secrets-Token"] == "the-session"
        known = HELD.get(wanted) if may else None
        body = json.dumps({"SecretString": json.dumps(known)}).encode() if known else b"{}"
        self.send_response(200 if known else 400)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def extension(setting: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), Extension)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    setting.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(server.server_port))
    setting.setenv("AWS_SESSION_TOKEN", "the-session")
    yield
    server.shutdown()
    server.server_close()


def test_a_secret_is_its_names_and_values(extension: None) -> None:
    assert read_secret(ARN) == HELD[ARN]


def test_who_may_not_read_it_is_told_so(extension: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("AWS_SESSION_TOKEN", "another")

    with pytest.raises(SecretsUnavailable, match="May this function read them"):
        read_secret(ARN)


def test_settings_come_from_the_secret_and_the_login_joins_the_databases_address(extension: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("DATABASE_ADDRESS", "postgresql://a.host:5432/dispatch?sslmode=require")
    setting.setenv("DATABASE_SECRET", "the-login")
    setting.setenv("SETTINGS_SECRET", ARN)

    assert settings().dispatch_password.get_secret_value() == "open sesame"
    assert settings().pg_database_url.get_secret_value() == "postgresql://dispatch:p%40ss%2Fword@a.host:5432/dispatch?sslmode=require"


def test_what_the_stack_sets_wins_over_the_secret(extension: None, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("SETTINGS_SECRET", ARN)
    setting.setenv("GITHUB_REPO", "acme/other")

    assert settings().github_repo == "acme/other"


def test_a_secret_that_was_changed_counts_within_a_minute(
    extension: None, setting: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    setting.setenv("SETTINGS_SECRET", ARN)
    refresh()
    before = settings().dispatch_password.get_secret_value()
    monkeypatch.setitem(HELD, ARN, {"DISPATCH_PASSWORD": "open barley"})

    clock.travel(seconds=61)
    refresh()

    assert (before, settings().dispatch_password.get_secret_value()) == ("open sesame", "open barley")


def test_secrets_that_do_not_answer_leave_the_settings_as_they_are(extension: None, setting: pytest.MonkeyPatch, clock: Clock) -> None:
    setting.setenv("SETTINGS_SECRET", ARN)
    assert settings().dispatch_password.get_secret_value() == "open sesame"

    with pytest.MonkeyPatch.context() as silent:
        silent.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", "1")
        clock.travel(seconds=61)
        refresh()

    assert settings().dispatch_password.get_secret_value() == "open sesame"
