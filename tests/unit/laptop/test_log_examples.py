"""The loggers of docs/examples really run, and what they write is understood to the last field."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dispatch.families.frames import frames_of
from infra import cli

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
BIN = Path(sys.prefix) / "bin"
RUN = {
    "python": [sys.executable, str(EXAMPLES / "python" / "shop.py")],
    "node": [str(BIN / "node"), str(EXAMPLES / "node" / "shop.mjs")],
    "go": [
        str(BIN / "go"),
        "run",
        "-gcflags=all=-N -l",
        "-ldflags=-s -w",
        str(EXAMPLES / "go" / "shop.go"),
    ],  # not optimised: builds faster
}
# What Go compiles stays beside what was installed: the first time takes a quarter of a minute, on a busy machine minutes.
GO = {"GOCACHE": str(Path(sys.prefix) / "go-cache"), "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod"}
COLD_START_S = 600
pytestmark = pytest.mark.timeout(COLD_START_S + 60)


def run(command: list[str]) -> str:
    environment = os.environ | GO | {"RELEASE": "1.2.3"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=COLD_START_S, check=False).stdout


@pytest.mark.parametrize("language", RUN)
def test_what_an_example_writes_is_understood_and_lacks_nothing(language: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs = tmp_path / "shop.log"
    logs.write_text(run(RUN[language]))

    code = cli.main(["logging", "check", str(logs), "--json"])

    told = json.loads(capsys.readouterr().out)
    family = {"source": "billing", "feature": "charge-customer", "message": "Failed to process payment: card declined"}
    assert code == 0
    assert (told["lines"], told["understood"], told["errors"]) == (3, 3, 2)
    assert (told["problems"], told["advice"]) == ([], [])
    assert told["families"] == [family | {"count": 2, "wordings": 1}]
    for line in logs.read_text().splitlines():
        assert_says_all(json.loads(line))


def assert_says_all(entry: dict[str, Any]) -> None:
    assert datetime.fromisoformat(entry["timestamp"]).utcoffset() is not None
    assert entry["release"] == "1.2.3"
    assert entry["level"] == "info" or frames_of(entry["stack"])


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(EXAMPLES / 'python')!r}); import shop; shop.set_up(); 1 / 0"],
        [
            *RUN["node"][:1],
            "--input-type=module",
            "-e",
            f"await import({(EXAMPLES / 'node' / 'shop.mjs').as_uri()!r}); throw new TypeError('x')",
        ],
    ],
    ids=["python", "node"],
)
def test_an_error_that_nobody_catches_is_one_line_too(command: list[str]) -> None:
    last = json.loads(run(command).splitlines()[-1])

    assert last["msg"] in {"Uncaught ZeroDivisionError", "Uncaught TypeError"}
    assert last["level"] in {"critical", "fatal"}
    assert last["stack"]


def test_a_library_that_logs_by_itself_writes_such_lines_as_well() -> None:
    script = f"import sys; sys.path.insert(0, {str(EXAMPLES / 'python')!r}); import shop; shop.set_up(); shop.logging.getLogger('urllib3').error('x')"

    entry = json.loads(run([sys.executable, "-c", script]))

    assert (entry["source"], entry["feature"], entry["msg"]) == ("billing", "urllib3", "x")


def test_go_is_written_as_go_is() -> None:
    import go

    formatter = Path(go.__file__).parent / "bin" / "gofmt"

    assert run([str(formatter), "-l", str(EXAMPLES / "go")]) == ""
