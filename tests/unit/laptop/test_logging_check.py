"""`dispatch logging check` says what the pipeline would make of a sample of logs."""

import gzip
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra import cli

GOOD = {"level": "error", "msg": "Failed to process payment 12: declined", "source": "billing", "feature": "charge"}
RICH = GOOD | {
    **{"error": "declined", "stack": "Error: x\n    at charge (/app/b.ts:1:2)", "timestamp": "2026-01-01T10:00:00Z"},
    **{"userId": "u1", "release": "1.2.3"},
}


class Sample:
    """A file of logs, and what the command says of it."""

    def __init__(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file = file
        self._capsys = capsys

    def hold(self, *lines: Any) -> "Sample":
        """The file has these lines; what is no text is written as JSON."""
        texts = [line if isinstance(line, str | bytes) else json.dumps(line) for line in lines]
        self.file.write_bytes(b"".join(text if isinstance(text, bytes) else text.encode() + b"\n" for text in texts))
        return self

    def check(self, *options: str) -> tuple[int, str]:
        code = cli.main(["logging", "check", str(self.file), *options])
        return code, self._capsys.readouterr().out

    def told(self) -> dict[str, Any]:
        return json.loads(self.check("--json")[1])

    def problems(self) -> dict[str, list[int]]:
        return {problem["what"]: problem["lines"] for problem in self.told()["problems"]}


@pytest.fixture
def sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Sample:
    return Sample(tmp_path / "app.log", capsys)


def test_lines_that_are_all_understood_end_with_0(sample: Sample) -> None:
    code, said = sample.hold(RICH, RICH | {"level": "info", "msg": "started"}).check()

    assert code == 0
    assert said.splitlines()[0] == "2 of 2 lines understood"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("plain text", "plain text, not JSON"),
        ('{"level":"error","msg":"cut o', "JSON that is cut off or broken"),
        ('2026-01-01 {"level":"error"}', "text before the JSON: print the JSON alone"),
        ("    at charge (/app/b.ts:1:2)", "a stack printed over several lines: put it into the field `stack`"),
        ("[1, 2]", "JSON, but no object of fields"),
        ("[" * 100_000, "JSON, nested too deep"),
        (b'{"level": "\xff"}\n', "not UTF-8"),
        ("x" * 300_000, "longer than 256 KB: Loki refuses it"),
        (GOOD | {"level": 50}, "`level` is a number: alerts look for the word `error`"),
        ({name: GOOD[name] for name in ("level", "msg", "source")}, "`feature` is missing"),
        (
            {"message": "x"} | {name: GOOD[name] for name in ("level", "source", "feature")},
            "`msg` is missing (`message` is there: call it `msg`)",
        ),
        (GOOD | {"msg": {"text": "x"}}, "`msg` is no text"),
        (GOOD | {"source": "  "}, "`source` is empty"),
    ],
)
def test_what_a_line_lacks_is_said_with_its_number(sample: Sample, line: Any, what: str) -> None:
    sample.hold(GOOD, "", line, GOOD)

    assert sample.problems() == {what: [3]}
    assert sample.check()[0] == 1


def test_of_many_lines_with_one_fault_ten_are_named(sample: Sample) -> None:
    code, said = sample.hold(*["plain"] * 1_000).check()

    assert code == 1
    assert "in line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 990 more" in said


def test_errors_are_shown_in_their_families_with_counts(sample: Sample) -> None:
    other = GOOD | {"feature": "refund"}
    info = GOOD | {"level": "info"}

    code, said = sample.hold(GOOD, GOOD | {"msg": "Failed to process payment 77: declined"}, other, info, GOOD | {"level": "FATAL"}).check()

    assert code == 0
    assert "4 errors in 2 families:\n        3  [billing/charge] Failed to process payment *: declined\n        1  [billing/refund]" in said


def test_wordings_of_one_family_are_told_as_their_template(sample: Sample) -> None:
    sample.hold(*(GOOD | {"msg": f"Invalid user {name} from 10.0.0.1"} for name in ("ada", "bob")))

    assert sample.told()["families"] == [
        {"source": "billing", "feature": "charge", "message": "Invalid user * from *", "count": 2, "wordings": 2}
    ]


def test_what_would_help_an_agent_is_said_of_errors_and_fails_nothing(sample: Sample) -> None:
    sample.hold(RICH, RICH | {"timestamp": "2026-01-01T10:00:00"}, GOOD, GOOD | {"level": "info"})

    advice = {item["what"]: item["lines"] for item in sample.told()["advice"]}

    assert advice["`timestamp` is no ISO time with its zone"] == [2]
    assert advice["`stack` is missing"] == advice["`timestamp` is missing"] == [3]
    assert sample.check()[0] == 0


def test_a_compressed_file_reads_like_any_other(sample: Sample) -> None:
    sample.file.write_bytes(gzip.compress(json.dumps(GOOD).encode()))

    assert sample.check()[0] == 0


def test_standard_input_is_read_where_the_file_is_a_dash(
    sample: Sample, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sample.hold(GOOD, GOOD)
    with sample.file.open() as standard_input:
        monkeypatch.setattr(sys, "stdin", standard_input)

        assert cli.main(["logging", "check", "-"]) == 0

    assert "2 of 2 lines" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"x" * 1000, mtime=0)[:-12]])
def test_what_cannot_be_read_ends_with_2(sample: Sample, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    sample.file.write_bytes(content)

    assert cli.main(["logging", "check", str(sample.file)]) == 2
    assert cli.main(["logging", "check", str(sample.file.parent)]) == 2
    assert cli.main(["logging", "check", str(sample.file) + ".none"]) == 2
    assert capsys.readouterr().err.count("\n") == 3


def test_a_log_cannot_steer_the_terminal(sample: Sample) -> None:
    _, said = sample.hold(GOOD | {"msg": "\x1b]0;owned\x07 boom \x9b31m"}).check()

    assert not {"\x1b", "\x07", "\x9b"} & set(said)


@pytest.mark.parametrize(("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_are_for_terminals_that_want_them(sample: Sample, environment: dict[str, str], is_coloured: bool) -> None:
    sample.hold(GOOD)
    ours, theirs = pty.openpty()
    given = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | environment

    subprocess.run([sys.executable, "-m", "infra.cli", "logging", "check", str(sample.file)], stdout=theirs, env=given, check=True)

    assert (b"\x1b[32m" in os.read(ours, 10_000)) is is_coloured


def test_a_line_without_end_is_never_held_in_memory(sample: Sample) -> None:
    from infra import log_lines

    class Endless(io.RawIOBase):
        left = 200

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            self.left -= 1
            size = len(buffer) if self.left > 0 else 0
            buffer[:size] = b"x" * size
            return size

    lines = list(log_lines.read(io.BufferedReader(Endless(), buffer_size=1_000_000)))

    assert [(number, len(line), is_whole) for number, line, is_whole in lines] == [(1, log_lines.MOST_BYTES + 1, False)]


def test_help_says_what_is_read_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["logging", "check", "--help"])

    said = capsys.readouterr().out
    assert all(word in said for word in ("level, msg, source and feature", "exit codes", "kubectl logs", "--json"))
