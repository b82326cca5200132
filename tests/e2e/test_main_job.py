"""The main job, as a stranger does it: a sentence becomes a branch whose tests pass."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.instance import Instance, until

pytestmark = pytest.mark.browser

WANTED = "the total is wrong for orders with a discount, look into it"
RUN_MS = 120_000


def test_a_sentence_becomes_a_branch_whose_tests_pass(new_instance: Instance, sign_in: Callable[[Instance], Page], tmp_path: Path) -> None:
    instance = new_instance
    page = sign_in(instance)
    steps = page.get_by_role("region", name="First steps")
    expect(page.get_by_role("region", name="Today")).to_contain_text("No run has finished today.")
    expect(steps.get_by_text("Say what you want, to do")).to_be_visible()

    page.get_by_label("What you want").fill(WANTED)
    page.keyboard.press("Enter")
    expect(steps.get_by_text("Say what you want, done")).to_be_visible()
    page.get_by_role("button", name="Investigate").click()
    page.get_by_role("link", name="DISPATCH-1").first.click()

    expect(page.get_by_text("python3 -m unittest -q").first).to_be_visible(timeout=RUN_MS)  # the live lines
    approve = page.get_by_role("button", name="Approve and implement")
    expect(approve).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("applied twice").or_(page.get_by_text("called twice")).first).to_be_visible()  # the plan
    approve.click()

    expect(page.get_by_text("check passes, failed before").first).to_be_visible(timeout=RUN_MS)
    page.get_by_role("tab", name=re.compile("Changes")).click()
    expect(page.get_by_text("shop/orders.py").first).to_be_visible()
    expect(page.get_by_text("+def line_total").or_(page.get_by_text("def line_total(line: Line) -> int:")).first).to_be_visible()

    branch = until(lambda: instance.ask("GET", "/api/issues/DISPATCH-1")["branch"], 60, "the branch was never published")
    assert re.fullmatch(r"dispatch/dispatch-1-[0-9a-f]{8}", branch)
    assert _tests_pass(instance.data / "demo", branch, tmp_path / "by-hand")
    assert not _tests_pass(instance.data / "demo", "main", tmp_path / "before")


def _tests_pass(repository: Path, branch: str, folder: Path) -> bool:
    """What a person sees who checks the branch out and runs its tests by hand."""
    subprocess.run(["git", "clone", "-q", "--branch", branch, str(repository), str(folder)], check=True)
    return subprocess.run(["python3", "-m", "unittest", "-q"], cwd=folder, capture_output=True, check=False).returncode == 0
