"""What people read when the runtime says no: true of GitHub, and of a laptop that answers like it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from dispatch.clients import github


@pytest.fixture
def runtime(setting: pytest.MonkeyPatch) -> Iterator[dict]:
    """A runtime that answers what the test puts into `answer`."""
    says: dict = {"answer": (200, {})}

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"] or 0))
            status, body = says["answer"]
            content = json.dumps(body).encode() if body is not None else b""
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    setting.setenv("GITHUB_API_URL", f"http://127.0.0.1:{server.server_port}")
    setting.setenv("GITHUB_TOKEN", "a-token")
    yield says
    server.shutdown()
    server.server_close()


def start() -> github.WorkflowRun:
    return github.dispatch_workflow("acme/shop", "prd-implement.yml", ref="main", inputs={})


def test_a_refusal_gives_the_runtimes_reason_and_blames_nobody_else(runtime: dict) -> None:
    runtime["answer"] = (422, {"message": "shop has uncommitted changes (a.txt)."})

    with pytest.raises(github.Refused) as refusal:
        start()

    assert refusal.value.sentence == "The runtime refuses (422): shop has uncommitted changes (a.txt)."


def test_a_runtime_in_trouble_is_worth_another_try(runtime: dict) -> None:
    runtime["answer"] = (502, {})

    with pytest.raises(github.NoAnswer, match="answers 502"):
        start()


def test_an_older_runtime_that_does_not_tell_its_runs_id_has_started_it_all_the_same(runtime: dict) -> None:
    runtime["answer"] = (204, None)

    assert start() == github.WorkflowRun(id=None, url=None)
