"""What no agent may write, and what a plan covers."""

import pytest

from dispatch.runs.verdict import drift_of, is_protected


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".github",
        ".GitHub/dispatch.toml",
        ".gitmodules",
        "deep/inside/.gitattributes",
        ".git/hooks/post-checkout",
        "CLAUDE.md",
        "CLAUDE.local.md",
        "packages/shop/AGENTS.md",
        "packages/shop/.claude/settings.json",
        "packages/shop/.mcp.json",
        ".cursor/rules/x.mdc",
        ".codex/config.toml",
        ".gemini/settings.json",
        "GEMINI.md",
        ".husky/pre-commit",
        ".githooks/pre-push",
        "lefthook.yml",
        ".lefthook-local.toml",
        ".pre-commit-config.yaml",
        ".vscode/tasks.json",
        "apps/web/.vscode/tasks.json",
        ".devcontainer/devcontainer.json",
        "shop.code-workspace",
        ".envrc",
        ".gitlab-ci.yml",
        ".g\u200bithub/workflows/ci.yml",
        ".github./workflows/ci.yml",
        ".github /workflows/ci.yml",
        ".github\\workflows\\ci.yml",
        "./.github/workflows/ci.yml",
        "\uff0egithub/workflows/ci.yml",
        "CLAUDE.md::$DATA",
        "CLAUDE.md\r",
    ],
)
def test_agents_do_not_write_what_steers_agents_ci_and_editors(path: str) -> None:
    assert is_protected(path)


@pytest.mark.parametrize(
    "path", ["orders.py", "docs/claude.txt", "templates/.github/ci.yml", ".gitignore", "src/agents.py", "git/x", ".env"]
)
def test_agents_write_everything_else(path: str) -> None:
    assert not is_protected(path)


@pytest.mark.parametrize(
    "planned", ["src/orders.py", "./src/orders.py", "`src/orders.py`", "src", "src/", "src/**", "src/*.py", "**/orders.py"]
)
def test_a_plan_covers_a_file_by_its_name_its_folder_or_a_pattern(planned: str) -> None:
    assert drift_of(["src/orders.py"], [planned]) == []


@pytest.mark.parametrize("planned", ["src/order.py", "sr", "orders.py", "tests/**", ""])
def test_what_no_line_of_the_plan_covers_is_drift(planned: str) -> None:
    assert drift_of(["src/orders.py"], [planned]) == ["src/orders.py"]


def test_a_name_that_looks_like_a_pattern_is_a_name() -> None:
    assert drift_of(["app/[id]/page.tsx"], ["app/[id]/page.tsx"]) == []


def test_where_there_is_no_plan_nothing_drifts() -> None:
    assert drift_of(["src/orders.py"], None) == []
