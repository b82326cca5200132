"""The six workflow files: what three checkers and we ourselves demand of them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from dispatch.runs.workflows import WORKFLOWS
from infra.installation import ENGINES, Engine
from infra.laptop import claude
from infra.laptop.environment import ROOT

SLACK_MINUTES = 15  # for checking out, fetching the agent, and the checks after its work
FILES = sorted((ROOT / "workflows").glob("*.yml"))
SCHEMA = [".venv/bin/check-jsonschema", "--builtin-schema", "vendor.github-workflows"]
ZIZMOR = [".venv/bin/zizmor", "--offline", "--quiet", "--strict-collection", "--persona", "auditor"]
PARSER = [".venv/bin/node", "frontend/tests-support/workflows.ts"]

INJECTION = """
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v6
      - run: echo "${{ github.event.pull_request.title }}"
"""
MISSPELT = "on: push\njobs:\n  greet:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo hello\n        shel: bash\n"
BROKEN_OFF = 'on: push\njobs:\n  greet:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n          git commit -m "one\ntwo"\n'


def check(command: list[str], *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [SCHEMA, ZIZMOR, PARSER], ids=["check-jsonschema", "zizmor", "workflow-parser"])
def test_each_checker_finds_nothing(command: list[str]) -> None:
    done = check(command, *FILES)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "planted", "found"),
    [
        (SCHEMA, MISSPELT, "shel"),
        (SCHEMA, BROKEN_OFF, "Failed to parse"),
        (ZIZMOR, INJECTION, "template-injection"),
        (ZIZMOR, INJECTION, "unpinned-uses"),
        (ZIZMOR, BROKEN_OFF, "no audit was performed"),
        (PARSER, MISSPELT, "Unexpected value 'shel'"),
        (PARSER, BROKEN_OFF, "1 errors"),
    ],
)
def test_each_checker_finds_what_was_planted(command: list[str], planted: str, found: str, tmp_path: Path) -> None:
    file = tmp_path / "planted.yml"
    file.write_text(planted)

    done = check(command, file)

    assert done.returncode != 0
    assert found in done.stdout + done.stderr


def test_there_is_one_file_for_each_workflow() -> None:
    assert {file.stem for file in FILES} == set(WORKFLOWS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_job_is_cut_off_a_little_after_its_workflows_limit(file: Path) -> None:
    agent = yaml.safe_load(file.read_text())["jobs"]["agent"]

    assert agent["timeout-minutes"] == WORKFLOWS[file.stem].time_limit.total_seconds() / 60 + SLACK_MINUTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_only_what_writes_code_can_push_and_only_in_a_job_without_the_models_key(file: Path) -> None:
    jobs = yaml.safe_load(file.read_text())["jobs"]

    able = {name for name, job in jobs.items() if job["permissions"].get("contents") == "write"}
    assert able == ({"publish"} if WORKFLOWS[file.stem].writes_code else set())
    assert {name for name, job in jobs.items() if "ANTHROPIC" in str(job)} == {"agent"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_command_holds_an_expression(file: Path) -> None:
    jobs = yaml.safe_load(file.read_text())["jobs"].values()

    assert not [step["run"] for job in jobs for step in job["steps"] if "${{" in step.get("run", "")]


def test_the_files_say_the_same_but_for_name_and_limit() -> None:
    def essence(name: str) -> str:
        return re.sub(r"timeout-minutes: \d+", "", (ROOT / "workflows" / f"{name}.yml").read_text().replace(name, "NAME"))

    writers = {essence(name) for name, workflow in WORKFLOWS.items() if workflow.writes_code}
    readers = {essence(name) for name, workflow in WORKFLOWS.items() if not workflow.writes_code}

    assert (len(writers), len(readers)) == (1, 1)


def test_the_agent_is_the_same_on_github_as_on_a_laptop() -> None:
    place = ROOT / "workflows" / "cli" / "claude"

    assert f'"@anthropic-ai/claude-code": "{claude.VERSION}"' in (place / "package.json").read_text()
    assert f'"version": "{claude.VERSION}",\n      "integrity": "sha512-' in (place / "package-lock.json").read_text()


@pytest.mark.parametrize("engine", ENGINES.values(), ids=lambda engine: engine.name)
def test_every_package_of_an_agent_is_locked_to_its_content_and_names_no_registry(engine: Engine) -> None:
    packages = json.loads((ROOT / "workflows" / "cli" / engine.name / "package-lock.json").read_text())["packages"]

    assert [name for name, package in packages.items() if name and not package["integrity"].startswith("sha512-")] == []
    assert not [name for name, package in packages.items() if "resolved" in package]


def test_the_locked_agent_runs_although_no_script_of_its_package_did(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "workflows" / "cli" / "claude", tmp_path, dirs_exist_ok=True)
    fetch = [".venv/bin/npm", "ci", "--prefix", str(tmp_path), "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(fetch, cwd=ROOT, env=claude.node_environment(), check=True, capture_output=True)

    said = subprocess.run([tmp_path / "node_modules" / ENGINES["claude"].program, "--version"], capture_output=True, text=True, check=True)

    assert said.stdout.startswith(claude.VERSION)
