"""The `dispatch` command."""

import tomllib
from pathlib import Path

import pytest

from infra import cli

ROOT = Path(__file__).parents[3]


def test_the_version_is_the_projects(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0

    assert capsys.readouterr().out.strip() == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--help"])

    said = capsys.readouterr().out
    assert leaving.value.code == 0
    assert all(word in said for word in ("up", "migrate", "policy", "workflows", "version", "TARGET_REPO", "NO_COLOR", "exit codes"))


@pytest.mark.parametrize("arguments", [[], ["fly"], ["up", "--fast"]])
def test_a_command_that_does_not_exist_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        cli.main(arguments)

    assert leaving.value.code == 2
    assert "usage: dispatch" in capsys.readouterr().err


def test_migrate_without_a_database_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DATABASE_URL", "")

    assert cli.main(["migrate"]) == 2
    assert "PG_DATABASE_URL is not set" in capsys.readouterr().err


def test_migrate_on_a_database_that_does_not_answer_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PG_DATABASE_URL", "postgresql://127.0.0.1:1/none")

    assert cli.main(["migrate"]) == 1
    assert "refused" in capsys.readouterr().err
