"""`dispatch workflows`: what it puts into a repository, what it says about it, and what it leaves alone."""

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from agent.configuration import read_configuration
from infra import cli
from infra.laptop.environment import ROOT
from tests.integration.workflows.test_files import PARSER, SCHEMA, ZIZMOR, check

WORKFLOW = ".github/workflows/qa-test.yml"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with nothing of Dispatch in it."""
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(tmp_path / "shop")], check=True)
    return tmp_path / "shop"


def workflows(*words: object) -> int:
    return cli.main(["workflows", *map(str, words)])


def files_of(repository: Path) -> set[str]:
    return {str(file.relative_to(repository)) for file in (repository / ".github").rglob("*") if file.is_file()}


def test_a_repository_gets_the_workflows_the_runner_a_manifest_and_a_configuration(shop: Path) -> None:
    assert workflows("install", shop) == 0

    files = files_of(shop)
    assert {f".github/workflows/{file.name}" for file in (ROOT / "workflows").glob("*.yml")} <= files
    assert {".github/dispatch/agent/__main__.py", ".github/dispatch/cli/package-lock.json", ".github/dispatch/manifest.json"} <= files
    assert not [name for name in files if "__pycache__" in name]
    assert tomllib.loads((shop / ".github/dispatch.toml").read_text())["base"] == "trunk"


def test_the_runner_runs_where_it_was_installed(shop: Path) -> None:
    workflows("install", shop)

    runner = [sys.executable, "-I", ".github/dispatch/agent", "--version"]
    said = subprocess.run(runner, cwd=shop, capture_output=True, text=True, check=True).stdout

    assert said.strip() == json.loads((shop / ".github/dispatch/manifest.json").read_text())["version"]


def test_it_says_which_secrets_variables_and_settings_are_needed(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflows("install", shop)

    said = capsys.readouterr().out
    for needed in ("ANTHROPIC_API_KEY", "DISPATCH_API_URL", '"dispatch"', "id-token: write", "Allow GitHub Actions to create"):
        assert needed in said
    assert "DISPATCH_API_KEY" not in said


def test_with_an_api_key_jobs_show_it_and_ask_for_no_identity(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflows("install", shop, "--with-api-key")

    implement = (shop / ".github/workflows/prd-implement.yml").read_text()
    assert implement.count("DISPATCH_API_KEY: ${{ secrets.DISPATCH_API_KEY }}") == 2
    assert "id-token" not in implement
    assert "secret   DISPATCH_API_KEY" in capsys.readouterr().out


@pytest.mark.parametrize("command", [SCHEMA, ZIZMOR, PARSER], ids=["check-jsonschema", "zizmor", "workflow-parser"])
def test_the_checkers_find_nothing_with_an_api_key_and_another_engine_either(command: list[str], shop: Path) -> None:
    choose_engine(shop, "gemini")
    workflows("install", shop, "--with-api-key")

    done = check(command, *(shop / ".github/workflows").glob("*.yml"))

    assert done.returncode == 0, done.stdout + done.stderr


def test_installing_again_keeps_the_api_key_until_told_otherwise(shop: Path) -> None:
    workflows("install", shop, "--with-api-key")

    workflows("install", shop)
    assert "DISPATCH_API_KEY" in (shop / WORKFLOW).read_text()

    workflows("install", shop, "--no-with-api-key")
    assert "DISPATCH_API_KEY" not in (shop / WORKFLOW).read_text()


def test_a_configuration_that_is_there_is_kept(shop: Path) -> None:
    (shop / ".github").mkdir()
    (shop / ".github/dispatch.toml").write_text('base = "develop"\n')

    workflows("install", shop)

    assert (shop / ".github/dispatch.toml").read_text() == 'base = "develop"\n'


@pytest.mark.parametrize(("engine", "key"), [("claude", "ANTHROPIC_API_KEY"), ("codex", "OPENAI_API_KEY"), ("gemini", "GEMINI_API_KEY")])
def test_jobs_fetch_the_engine_that_is_asked_for_and_see_no_key_but_its_own(shop: Path, engine: str, key: str) -> None:
    choose_engine(shop, engine)

    assert workflows("install", shop) == 0

    workflow = (shop / WORKFLOW).read_text()
    assert set(re.findall(r"secrets\.(\w+)", workflow)) == {key}
    assert f"DISPATCH_{engine.upper()}: " in workflow
    assert engine in (shop / ".github/dispatch/cli/package.json").read_text()


def test_another_engine_asks_for_another_installation(shop: Path) -> None:
    workflows("install", shop)
    choose_engine(shop, "codex")
    assert workflows("check", shop) == 1

    workflows("install", shop)
    assert workflows("check", shop) == 0


def test_an_engine_that_is_none_is_refused_with_those_there_are(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    choose_engine(shop, "hal")

    assert workflows("install", shop) == 2
    assert "claude, codex, gemini" in capsys.readouterr().err


def test_every_example_in_the_configuration_can_be_used_as_it_stands(shop: Path) -> None:
    workflows("install", shop)
    file = shop / ".github/dispatch.toml"
    file.write_text(re.sub(r"^# (?=\S+ = )", "", file.read_text(), flags=re.MULTILINE))

    configuration = read_configuration(file)

    assert (configuration.broken, configuration.faults) == (None, [])
    assert (configuration.base, configuration.engine, configuration.caps) == ("trunk", "claude", {"qa-test": 5.0})
    assert all((configuration.protected, configuration.setup, configuration.checks, configuration.models, configuration.proof))


def test_check_tells_of_each_file_how_it_stands(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflows("install", shop)
    assert workflows("check", shop) == 0

    (shop / WORKFLOW).write_text("on: push\n")
    (shop / ".github/dispatch/agent/job.py").unlink()
    make_old(shop, ".github/workflows/auto-triage.yml")
    capsys.readouterr()
    assert workflows("check", shop, "--json") == 1

    told = json.loads(capsys.readouterr().out)
    assert told["is_up_to_date"] is False
    assert {path: state for path, state in told["files"].items() if state != "up to date"} == {
        WORKFLOW: "edited",
        ".github/dispatch/agent/job.py": "missing",
        ".github/workflows/auto-triage.yml": "out of date",
    }


def test_an_edited_file_is_named_and_left_unless_forced(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflows("install", shop)
    (shop / WORKFLOW).write_text("on: push\n")
    make_old(shop, ".github/workflows/auto-triage.yml")

    assert workflows("install", shop) == 2
    assert WORKFLOW in capsys.readouterr().err
    assert (shop / ".github/workflows/auto-triage.yml").read_text() == "old\n"

    assert workflows("install", shop, "--force") == 0
    assert workflows("check", shop) == 0


def test_what_is_no_longer_shipped_goes_with_the_next_installation(shop: Path) -> None:
    workflows("install", shop)
    make_old(shop, ".github/dispatch/agent/gone.py")
    assert workflows("check", shop) == 1

    workflows("install", shop)

    assert not (shop / ".github/dispatch/agent/gone.py").exists()


def test_uninstalling_leaves_what_is_the_repositorys_own(shop: Path) -> None:
    own = ".github/workflows/ci.yml"
    (shop / own).parent.mkdir(parents=True)
    (shop / own).write_text("on: push\n")
    workflows("install", shop)
    (shop / WORKFLOW).write_text("on: push\n")

    assert workflows("uninstall", shop) == 0

    assert files_of(shop) == {own, WORKFLOW, ".github/dispatch.toml"}
    assert workflows("uninstall", shop) == 2


def test_a_manifest_cannot_have_other_files_removed(shop: Path, tmp_path: Path) -> None:
    workflows("install", shop)
    for name in ("README.md", ".github/dispatch/../../../precious"):
        (shop / name).write_text("old\n")
        make_old(shop, name)

    workflows("uninstall", shop)

    assert (shop / "README.md").exists()
    assert (tmp_path / "precious").exists()


def test_it_refuses_what_is_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plain").mkdir()

    assert workflows("install", tmp_path / "plain") == 2
    assert workflows("install", tmp_path / "nowhere") == 2

    said = capsys.readouterr().err
    assert "is not a git repository" in said
    assert "is not a folder" in said
    assert not (tmp_path / "plain/.github").exists()


def test_a_folder_inside_a_repository_stands_for_it(shop: Path) -> None:
    (shop / "src").mkdir()

    workflows("install", shop / "src")

    assert (shop / WORKFLOW).exists()


def choose_engine(repository: Path, engine: str) -> None:
    """The repository's own configuration asks for that engine."""
    (repository / ".github").mkdir(exist_ok=True)
    (repository / ".github/dispatch.toml").write_text(f'[agent]\nengine = "{engine}"\n')


def make_old(repository: Path, path: str) -> None:
    """The file stands there as an earlier version had installed it."""
    (repository / path).write_text("old\n")
    file = repository / ".github/dispatch/manifest.json"
    manifest = json.loads(file.read_text())
    manifest["files"][path] = hashlib.sha256(b"old\n").hexdigest()
    file.write_text(json.dumps(manifest))
