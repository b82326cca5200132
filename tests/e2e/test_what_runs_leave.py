"""What a run leaves: its patch and where that goes, the proof of a fix, pictures and files, and, where it was broken off, a way to go on."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import Open
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

A_RUN = re.compile(r"/api/runs/[0-9a-f-]{36}$")
RUNS_OF_AN_ISSUE = re.compile(r"/api/issues/[^/]+/runs$")
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
PROOF = {
    "test": "tests/test_total.py::test_discount",
    "command": "python3 -m pytest tests/test_total.py::test_discount",
    "base": [{"exit_code": 1, "seconds": 0.4, "output": "assert 90 == 81"}] * 3,
    "head": [{"exit_code": 0, "seconds": 0.4, "output": "1 passed"}] * 3,
    "verdict": "proven",
    "reasons": [],
}


@pytest.fixture(scope="module")
def implemented(instance: Instance) -> str:
    """An issue whose implementation has ended with a patch on its branch."""
    issue = instance.new_issue("The total is wrong for orders with a discount, for members")
    instance.spawn(issue)
    instance.finished_run(issue)
    instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": 1})
    assert instance.finished_run(issue)["workflow"] == "prd-implement"
    return issue


def test_a_patch_says_where_it_stands(show: Open, implemented: str) -> None:
    page = show(f"/issue/{implemented}")

    header = changes_of(page)

    expect(header).to_contain_text("published on")
    expect(header).to_contain_text(re.compile(r"dispatch/.*at [0-9a-f]{8}", re.DOTALL))
    expect(header.get_by_text("outside the plan")).to_have_count(0)


def test_a_patch_that_did_not_come_to_its_branch_says_why(show: Open, implemented: str) -> None:
    page = show(f"/issue/{implemented}")
    seen_as(page, A_RUN, in_patch(published_at=None, unpublished_because="The branch has moved on.", lands_on="1a2b3c4d5e6f7a8b"))

    page.reload()

    header = changes_of(page)
    expect(header.get_by_role("alert")).to_contain_text("The branch has moved on.")
    expect(header).to_contain_text("on top of 1a2b3c4d")
    expect(page.get_by_role("list", name="What came of it")).to_contain_text("not published: The branch has moved on.")


def test_files_outside_the_plan_and_lockfiles_are_flagged_where_they_are_read(show: Open, implemented: str) -> None:
    page = show(f"/issue/{implemented}")
    seen_as(page, A_RUN, lambda run: in_patch(drift=[run["patch"]["files"][0]["path"]], lockfiles=[run["patch"]["files"][-1]["path"]])(run))

    page.reload()

    header = changes_of(page)
    expect(header).to_contain_text("1 file outside the plan, 1 lockfile")
    expect(header.get_by_role("list", name="Files").get_by_role("listitem").first).to_contain_text("outside the plan")
    expect(page.locator("summary").filter(has_text="outside the plan")).to_have_count(1)


@pytest.mark.parametrize(
    ("verdict", "reasons", "says"),
    [
        ("proven", [], "Proven: The test fails without the change and passes with it."),
        ("cheated", ["The assertion was weakened."], "Cheated: The test was bent until it passed."),
    ],
)
def test_the_proof_of_a_fix_is_told_and_unfolds(show: Open, implemented: str, verdict: str, reasons: list[str], says: str) -> None:
    page = show(f"/issue/{implemented}")
    seen_as(page, A_RUN, lambda run: run | {"proof": PROOF | {"verdict": verdict, "reasons": reasons}})
    page.reload()
    expect(page.get_by_role("list", name="What came of it")).to_contain_text(says)

    page.get_by_role("tab", name="Proof").click()
    without = page.get_by_role("region", name="Without the change")
    expect(without).to_contain_text("failed 3 of 3 times")
    expect(without.get_by_text("assert 90 == 81").first).not_to_be_visible()
    without.get_by_text("Try 1 failed, exit code 1").click()

    expect(without.get_by_text("assert 90 == 81").first).to_be_visible()
    expect(page.get_by_role("region", name="With the change", exact=True)).to_contain_text("passed 3 of 3 times")
    for reason in reasons:
        expect(page.get_by_role("tabpanel", name="Proof")).to_contain_text(reason)


def test_pictures_are_looked_at_and_files_taken_along(show: Open, instance: Instance, implemented: str) -> None:
    run = instance.ask("GET", f"/api/issues/{implemented}/runs")["items"][0]["id"]
    for name, media_type in [("step-1.png", "image/png"), ("step-2.png", "image/png"), ("report.md", "text/markdown")]:
        leave(instance, run, name, media_type)
    page = show(f"/issue/{implemented}?run={run}")
    left = page.get_by_role("region", name="Artifacts of this run")
    first = left.get_by_role("button", name="Look at step-1.png")

    first.click()
    expect(page.get_by_role("dialog", name="step-1.png").get_by_role("img", name="step-1.png")).to_have_js_property("naturalWidth", 1)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("dialog", name="step-2.png")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_have_count(0)
    with page.expect_download() as download:
        left.get_by_role("link", name="report.md").click()
    assert download.value.suggested_filename == "report.md"


def test_a_run_that_was_broken_off_goes_on_with_what_is_left(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("What does the shop sell?")
    broken_off = instance.spawn(issue)["run_id"]
    instance.ask("POST", f"/api/runs/{broken_off}/cancel", {})
    instance.finished_run(issue)
    page = show(f"/issue/{issue}")
    seen_as(
        page,
        RUNS_OF_AN_ISSUE,
        lambda said: {"items": [run | {"outcome": "failed", "cap_usd": 5, "cost_usd": 1.8} for run in said["items"]]},
    )
    page.reload()

    page.get_by_role("button", name="Resume with what is left ($3.20 of $5.00)").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Words for the agent")).to_be_focused()
    dialog.get_by_label("Words for the agent").fill("Leave the receipts alone")
    page.unroute(RUNS_OF_AN_ISSUE)
    dialog.get_by_role("button", name="Start").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="goes on from an earlier run")).to_have_attribute("href", f"?run={broken_off}")
    newest = instance.ask("GET", f"/api/issues/{issue}/runs")["items"][0]
    assert newest["continues"] == broken_off
    instance.finished_run(issue)


def changes_of(page: Page) -> Locator:
    page.get_by_role("tab", name="Changes").click()
    return page.get_by_role("tabpanel", name="Changes")


def leave(instance: Instance, run: str, name: str, media_type: str) -> None:
    """The run has left a file of that name, in which there is one pixel."""
    content = f"decode('{PIXEL}', 'base64')"
    instance.rows(f"""
        INSERT INTO artifact (id, run_id, name, media_type, content, created_at)
        VALUES (gen_random_uuid(), '{run}', '{name}', '{media_type}', {content}, now()) RETURNING id
    """)


def seen_as(page: Page, where: re.Pattern[str], change: Callable[[Any], Any]) -> None:
    """The page is answered with what `change` makes of the answer."""

    def answer(route: Route) -> None:
        said = route.fetch()
        route.fulfill(response=said, json=change(said.json()))

    page.route(where, answer)


def in_patch(**more: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Makes the run's patch another, where it has one."""
    return lambda run: run | {"patch": run["patch"] | more} if run["patch"] else run
