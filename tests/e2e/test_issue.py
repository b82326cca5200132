"""An issue's page: what an agent proposes or asks is decided there, and what it did is read there."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

BUG = "The total is wrong for orders with a discount"
RUN_MS = 120_000


def test_changes_that_are_requested_are_answered_by_a_second_plan(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    page = show(f"/issue/{issue}")
    expect(page.get_by_role("heading", name="Plan 1 waits for you")).to_be_visible(timeout=RUN_MS)

    page.get_by_role("button", name="Request changes").click()
    page.get_by_label("What should be different?").fill("Add more tests, please")
    page.get_by_role("button", name="Send back").click()

    second = page.get_by_role("region", name="Plan 2 waits for you")
    expect(second).to_contain_text("You returned the last plan with: “Add more tests, please”", timeout=RUN_MS)
    expect(second).to_contain_text("Because you asked for more tests: add")
    expect(page.get_by_role("region", name="Plans").get_by_text("returned", exact=True)).to_be_visible()


def test_an_answered_question_lets_the_agent_go_on(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG, description="Please ask me first.")
    instance.spawn(issue)
    page = show(f"/issue/{issue}")
    asked = page.get_by_role("region", name="The agent asks")
    expect(asked).to_contain_text("Which one stays", timeout=RUN_MS)

    asked.get_by_label("Your answer").fill("The order as a whole")
    asked.get_by_role("button", name="Answer and go on").click()

    expect(page.get_by_role("region", name="Plan 1 waits for you")).to_contain_text(
        "You answered my question: “The order as a whole”", timeout=RUN_MS
    )
    expect(asked).to_have_count(0)


def test_a_run_is_tried_again_with_words(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("What does the shop sell?")
    cancel(instance, issue, instance.spawn(issue))
    page = show(f"/issue/{issue}")

    page.get_by_role("button", name="Run again").click()
    dialog = page.get_by_role("dialog", name="Try again")
    expect(dialog.get_by_label("Words for the agent")).to_be_focused()
    dialog.get_by_label("Words for the agent").fill("Mind the discount code")
    dialog.get_by_role("button", name="Start").click()

    expect(dialog).to_have_count(0)
    page.get_by_role("tab", name="Brief").click()
    expect(page.get_by_role("tabpanel", name="Brief")).to_contain_text("Mind the discount code")


def test_a_plan_that_was_approved_elsewhere_is_not_approved_twice(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    page = show(f"/issue/{issue}")
    expect(page.get_by_role("button", name="Approve and implement")).to_be_visible(timeout=RUN_MS)
    page.route("**/plan", lambda route: (approve(instance, issue), route.continue_()))

    page.get_by_role("button", name="Approve and implement").click()

    expect(page.get_by_role("alert").filter(has_text="Version 1 of this plan is approved already by owner.")).to_be_visible()
    assert len(instance.ask("GET", f"/api/issues/{issue}/runs")["items"]) == 1


def test_a_row_of_the_log_unfolds_to_what_was_printed(show: Open, planned: str) -> None:
    page = show(f"/issue/{planned}")
    row = log_of(page).get_by_role("button", name=re.compile("Read.*README.md"))

    row.click()

    expect(row).to_have_attribute("aria-expanded", "true")
    expect(log_of(page).get_by_text("A discount is a promise about the whole order")).to_be_visible()


def test_the_log_is_searched_from_hit_to_hit(show: Open, planned: str) -> None:
    page = show(f"/issue/{planned}")
    log_of(page).wait_for()

    page.get_by_label("Search in the log").fill("discount")
    status = page.get_by_role("toolbar", name="The log").get_by_role("status")
    expect(status).to_have_text(re.compile(r"^1 of \d+$"))
    page.keyboard.press("Enter")

    expect(status).to_have_text(re.compile(r"^2 of \d+$"))


def test_the_log_jumps_to_its_first_error(show: Open, planned: str) -> None:
    page = show(f"/issue/{planned}")
    log_of(page).wait_for()

    page.get_by_role("button", name=re.compile("error")).click()

    failed = log_of(page).get_by_role("button", name=re.compile("Bash.*failed"))
    expect(failed).to_be_in_viewport()


def test_the_brief_tab_shows_what_the_agent_was_told(show: Open, planned: str) -> None:
    page = show(f"/issue/{planned}")

    page.get_by_role("tab", name="Brief").click()

    expect(page.get_by_role("tabpanel", name="Brief")).to_contain_text(f"Issue: {planned}")


def test_why_tells_what_the_gates_saw(show: Open, planned: str) -> None:
    page = show(f"/issue/{planned}")
    why = page.get_by_role("region", name="Why")

    why.get_by_text("What the gates saw").first.click()

    expect(why).to_contain_text("admitted")
    expect(why.get_by_role("term").first).to_be_visible()


@pytest.mark.parametrize("readers", ["Internal", "Public"])
def test_a_comment_says_who_may_read_it(show: Open, instance: Instance, readers: str) -> None:
    issue = instance.new_issue("Something to talk about")
    page = show(f"/issue/{issue}")

    page.get_by_label("Comment", exact=True).fill("I have seen it too")
    page.get_by_text(readers, exact=True).click()
    page.get_by_role("button", name="Comment", exact=True).click()

    told = page.get_by_role("region", name="Timeline").get_by_role("article").filter(has_text="I have seen it too")
    expect(told).to_contain_text(readers.lower())
    [comment] = [one for one in instance.ask("GET", f"/api/issues/{issue}/activity")["items"] if one["kind"] == "comment.added"]
    assert comment["public"] is (readers == "Public")


def test_title_status_priority_and_labels_are_changed_in_place(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("An old title")
    page = show(f"/issue/{issue}")

    page.get_by_role("button", name="Edit the title").click()
    page.get_by_label("Title").fill("A new title")
    page.keyboard.press("Enter")
    page.get_by_label("Status", exact=True).select_option("In Progress")
    page.get_by_label("Priority", exact=True).select_option("P1")
    page.get_by_label("Add a label").fill("billing")
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Remove the label billing")).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("billing")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("A new title")
    expect(page.get_by_label("Status", exact=True)).to_have_value("In Progress")
    expect(page.get_by_label("Priority", exact=True)).to_have_value("P1")
    expect(page.get_by_role("button", name="Remove the label billing")).to_be_visible()


def test_a_deleted_issue_leads_back_to_the_board(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Written by mistake")
    page = show(f"/issue/{issue}")

    page.get_by_role("button", name="Delete this issue").click()
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()

    expect(page).to_have_url(re.compile("/board$"))
    page.goto(f"{instance.url}/issue/{issue}")
    expect(page.get_by_text(f"There is no issue {issue}.")).to_be_visible()


def log_of(page: Page) -> Locator:
    page.get_by_role("tab", name="Log").click()
    return page.get_by_role("log", name="What the agent does")


def approve(instance: Instance, issue: str) -> None:
    instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": 1, "implement": False})


def cancel(instance: Instance, issue: str, spawn: dict[str, Any]) -> None:
    instance.ask("POST", f"/api/runs/{spawn['run_id']}/cancel", {})
    instance.finished_run(issue)
