"""What a repository may say in its dispatch.toml, and where a run begins because of it."""

from pathlib import Path

import pytest

from agent.configuration import Configuration, read_configuration
from agent.patterns import matches
from tests.unit.agent.conftest import Runner, git
from tests.unit.agent.control_plane import ControlPlane, brief

WHOLE = """
base = "develop"
protected = ["infra/**"]
artifacts = ["test-results/**/*.png"]

[setup]
commands = ["npm ci"]

[checks]
tests = "npm test"

[agent]
engine = "codex"
model = "gpt-6"

[models]
"qa-test" = "claude-haiku-5"

[caps]
"qa-test" = 5

[proof]
command = "npx vitest run {test}"
"""


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "dispatch.toml"
    path.write_text(text)
    return read_configuration(path)


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == Configuration(
        base="develop",
        setup=["npm ci"],
        checks={"tests": "npm test"},
        engine="codex",
        model="gpt-6",
        models={"qa-test": "claude-haiku-5"},
        caps={"qa-test": 5.0},
        protected=["infra/**"],
        artifacts=[".dispatch/artifacts/**", "test-results/**/*.png"],
        proof="npx vitest run {test}",
    )


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert read_configuration(tmp_path / "absent.toml") == Configuration()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("colour = 1", "colour is not known."),
        ("[setup]\ncommand = 'x'", "setup.command is not known."),
        ("setup = 'x'", "setup is not known."),
        ("[checks]\ntests = 1", "checks.tests must be words"),
        ("[agent]\nengine = 'emacs'", "agent.engine must be one of claude, codex, gemini."),
        ("[agent]\nmodel = '--dangerous'", "agent.model must be a plain name"),
        ("[models]\nqa = 'x'", "models.qa is not known: the workflows are auto-investigate"),
        ("artifacts = 'x'", "artifacts must be a list of path patterns"),
        ("[proof]\ncommand = 'pytest'", "proof.command must hold {test}"),
    ],
)
def test_what_is_not_known_or_wrong_is_told_and_passed_over(tmp_path: Path, text: str, fault: str) -> None:
    found = read(tmp_path, f"{text}\n")

    assert found.broken is None
    (said,) = found.faults
    assert fault in said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("protected = ['infra/**'", "cannot be read"),
        ("protected = 'infra/**'", "protected must be a list"),
        ("protected = ['!infra']", "protected must be a list"),
        ("[caps]\nqa-test = '5'", "caps.qa-test must be a number"),
        ("[caps]\nqa-test = -1", "caps.qa-test must be a number"),
        ("[caps]\nqa_test = 5", "caps.qa_test is not known"),
        ("base = '--exec=x'", "base must be a plain name"),
        ("base = ['main']", "base must be a plain name"),
    ],
)
def test_a_limit_that_cannot_be_read_is_never_ignored(tmp_path: Path, text: str, why: str) -> None:
    assert why in (read(tmp_path, text).broken or "")


@pytest.mark.parametrize(("cap", "holds"), [(5.0, 5.0), (500.0, 25.0)])
def test_a_repositorys_cap_only_ever_lowers_the_briefs(cap: float, holds: float) -> None:
    configuration = Configuration(caps={"qa-test": cap}, model="general", models={"qa-test": "its-own"})

    assert configuration.applied(brief(), "qa-test")["cap_usd"] == holds
    assert configuration.applied(brief(), "qa-test")["model"] == "its-own"
    assert configuration.applied(brief(), "prd-implement")["model"] == "general"
    assert Configuration().applied(brief(), "qa-test") == brief()


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("infra/**", "infra/a/b.tf"),
        ("infra/**", "INFRA/a.tf"),
        ("infra", "infra/a/b.tf"),
        ("/infra/", "infra/a.tf"),
        ("*.lock", "deep/down/poetry.lock"),
        ("test-results/**/*.png", "test-results/a.png"),
        ("test-results/**/*.png", "test-results/x/y/a.png"),
        ("**/secret?.txt", "a/secret1.txt"),
        ("db/[id].ts", "db/[id].ts"),
    ],
)
def test_a_pattern_means_a_path(pattern: str, path: str) -> None:
    assert matches(path, [pattern])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("infra/**", "infrastructure/a"), ("infra/*.tf", "x/infra/a.tf"), ("a/*.png", "a/b/c.png"), ("*.lock", "lock"), ("a.b", "aXb")],
)
def test_a_pattern_does_not_mean_another_path(pattern: str, path: str) -> None:
    assert not matches(path, [pattern])


def test_a_configuration_that_cannot_be_followed_ends_the_run_before_it_costs_anything(
    plane: ControlPlane, start: Runner, script, worktree: Path
) -> None:
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text('[caps]\nprd-investigate = "five"\n')

    start(script("hand_in()\n")).communicate(timeout=20)

    assert plane.result is not None
    assert (plane.result["outcome"], plane.result["cost_usd"]) == ("failed", 0)
    assert "caps.prd-investigate must be a number" in plane.result["summary"]
    assert plane.of_kind("started") == []


def test_the_trusted_configuration_counts_and_not_the_worktrees(
    plane: ControlPlane, start: Runner, script, worktree: Path, tmp_path: Path
) -> None:
    plane.told = brief(writes_code=True)
    (worktree / ".github").mkdir()
    (worktree / ".github" / "dispatch.toml").write_text('[checks]\nworktree = "true"\n')
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text('typo = 1\n[checks]\ntrusted = "true"\n[caps]\nprd-investigate = 0.5\n[agent]\nmodel = "claude-haiku-5"\n')

    claude = script('speak(" ".join(sys.argv))\nhand_in()\n')
    start(claude, DISPATCH_CONFIGURATION=str(trusted)).communicate(timeout=20)

    assert plane.result is not None
    assert [check["name"] for check in plane.result["checks"]] == ["trusted"]
    assert plane.result["model"] == "claude-haiku-5"
    assert "--model claude-haiku-5" in plane.of_kind("message")[0]["text"]
    assert "typo is not known. It is passed over." in plane.notices()


@pytest.mark.parametrize(("tools", "is_set_up"), [(["Read", "Bash(npm test:*)"], True), (["Read", "Bash(git log:*)"], False)])
def test_a_run_that_only_reads_is_set_up_where_it_may_run_tests(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, tools: list[str], is_set_up: bool
) -> None:
    plane.told = brief(tools=tools)
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text('[setup]\ncommands = ["touch made"]\n[checks]\ntests = "false"\n')

    start(script('speak(str(os.path.exists("made")))\nhand_in()\n'), DISPATCH_CONFIGURATION=str(trusted)).communicate(timeout=20)

    assert plane.of_kind("message")[0]["text"] == str(is_set_up)
    assert plane.result is not None
    assert plane.result["checks"] == []
    assert "worktree differs" not in plane.notices()


@pytest.fixture
def origin(worktree: Path) -> dict[str, str]:
    """What a checkout of everything knows: two branches of origin that are not checked out. Answers their commits."""
    heads = {}
    for branch in ("develop", "dispatch/d-1"):
        git(worktree, "checkout", "-q", "-b", branch, "main")
        (worktree / f"{branch.split('/')[-1]}.txt").write_text("x")
        git(worktree, "add", "-A")
        git(worktree, "commit", "-q", "-m", branch)
        heads[branch] = git(worktree, "rev-parse", "HEAD").strip()
        git(worktree, "update-ref", f"refs/remotes/origin/{branch}", heads[branch])
        git(worktree, "checkout", "-q", "main")
        git(worktree, "branch", "-q", "-D", branch)
    return heads


def test_work_goes_on_where_the_earlier_work_stands(
    plane: ControlPlane, start: Runner, script, worktree: Path, origin: dict[str, str], tmp_path: Path
) -> None:
    plane.told = brief(writes_code=True, checkout={"branch": "dispatch/d-1", "commit": origin["dispatch/d-1"]})
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text('base = "develop"\n')

    claude = script('speak(str(sorted(os.listdir("."))))\nopen("more.txt", "w").write("x")\nhand_in()\n')
    start(claude, DISPATCH_CONFIGURATION=str(trusted)).communicate(timeout=20)

    assert plane.result is not None
    assert "d-1.txt" in plane.of_kind("message")[0]["text"]
    assert plane.result["base_commit"] == origin["dispatch/d-1"]
    assert [file["path"] for file in plane.result["patch"]["files"]] == ["more.txt"]


def test_new_work_begins_at_the_configurations_base(
    plane: ControlPlane, start: Runner, script, origin: dict[str, str], tmp_path: Path
) -> None:
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text('base = "develop"\n')

    start(script("hand_in()\n"), DISPATCH_CONFIGURATION=str(trusted)).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["base_commit"] == origin["develop"]


def test_where_neither_is_said_the_work_begins_at_what_is_checked_out(
    plane: ControlPlane, start: Runner, script, worktree: Path, origin: dict[str, str]
) -> None:
    start(script("hand_in()\n")).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["base_commit"] == git(worktree, "rev-parse", "main").strip()


@pytest.mark.parametrize(
    ("checkout", "base", "why"),
    [
        ({"branch": "dispatch/d-1", "commit": "f" * 40}, "main", "dispatch/d-1 that this run builds on is not in this checkout"),
        ({"branch": "x", "commit": "--orphan"}, "main", "is not in this checkout"),
        (None, "absent", "The base branch absent is not in this checkout"),
    ],
)
def test_a_commit_that_is_not_there_ends_the_run_with_a_sentence(
    plane: ControlPlane, start: Runner, script, tmp_path: Path, checkout: dict | None, base: str, why: str
) -> None:
    plane.told = brief(checkout=checkout)
    trusted = tmp_path / "dispatch.toml"
    trusted.write_text(f'base = "{base}"\n')

    start(script("hand_in()\n"), DISPATCH_CONFIGURATION=str(trusted)).communicate(timeout=20)

    assert plane.result is not None
    assert plane.result["outcome"] == "failed"
    assert why in plane.result["summary"]
