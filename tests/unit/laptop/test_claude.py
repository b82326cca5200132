"""Finding the agent CLI."""

from pathlib import Path

import pytest

from infra.laptop import claude


@pytest.fixture(autouse=True)
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("DISPATCH_CLAUDE", raising=False)


def put_program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_order_is_the_named_one_then_path_then_the_fetched_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert claude.find(tmp_path) is None

    fetched = put_program(claude.place(tmp_path))
    assert claude.find(tmp_path) == fetched

    on_path = put_program(tmp_path / "bin" / "claude")
    assert claude.find(tmp_path) == on_path

    monkeypatch.setenv("DISPATCH_CLAUDE", "/named/claude")
    assert claude.find(tmp_path) == Path("/named/claude")


def test_without_npm_the_sentence_names_the_line_that_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))

    assert not claude.can_be_had(tmp_path)
    with pytest.raises(claude.NoClaudeError, match="apt-get install npm"):
        claude.ensure(tmp_path, tell=print)


def test_npm_that_fails_is_quoted_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    npm = put_program(tmp_path / "bin" / "npm")
    npm.write_text("#!/bin/sh\necho 'no such host' >&2\nexit 1\n")

    with pytest.raises(claude.NoClaudeError, match="no such host"):
        claude.ensure(tmp_path, tell=lambda _: None)

    assert claude.find(tmp_path) is None


def test_what_npm_fetched_is_found_and_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "bin" / "python"))
    npm = put_program(tmp_path / "bin" / "npm")
    npm.write_text(f"#!/bin/sh\n/bin/mkdir -p $3/node_modules/.bin\n: > $3/node_modules/.bin/claude\necho once >> {tmp_path}/calls\n")

    data = tmp_path / "not-there-yet"
    told: list[str] = []
    first = claude.ensure(data, tell=told.append)
    second = claude.ensure(data, tell=told.append)

    assert first == second == claude.place(data)
    assert (tmp_path / "calls").read_text() == "once\n"
    assert "2.1.330" in told[0]
