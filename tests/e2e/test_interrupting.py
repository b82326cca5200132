"""What a person does while something is under way: stop a turn, speak to an agent, cancel its run."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Open, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

RUN_MS = 120_000
BUG = "The total is wrong for orders with a discount"


@pytest.fixture
def instance(slow_instance: Instance) -> Instance:
    """There is time to interrupt its model."""
    return slow_instance


def test_stop_ends_a_turn_in_the_middle_of_its_words(show: Open) -> None:
    page = show("/?chat=new")
    say(page, "what can you do")
    conversation = page.get_by_role("region", name="Conversation")
    expect(conversation.get_by_text("Hello. This is Dispatch")).to_be_visible()

    page.get_by_role("button", name="Stop").click()

    expect(conversation.get_by_text("Stopped")).to_be_visible()
    expect(conversation.get_by_text("I go by patterns and do not think")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_the_limit_of_tool_rounds_is_said(show: Open) -> None:
    page = show("/?chat=new")
    conversation = page.get_by_role("region", name="Conversation")

    say(page, "the shipping costs are wrong for islands")

    expect(
        conversation.get_by_text("Stopped after 1 round of tool calls, the most one turn may use (ORCHESTRATOR_MAX_TOOL_ROUNDS).")
    ).to_be_visible()


def test_what_is_said_to_a_running_agent_stands_in_its_log(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    page = show(f"/issue/{issue}")

    page.get_by_label("Say something to the agent").fill("Mind the rounding")
    page.get_by_role("button", name="Say", exact=True).click()

    expect(page.get_by_role("log").get_by_text("owner says: Mind the rounding")).to_be_visible()
    expect(page.get_by_label("Say something to the agent")).to_have_value("")


def test_what_is_said_waits_until_the_agent_has_heard_it(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    run = instance.spawn(issue)["run_id"]
    page = show(f"/issue/{issue}")
    live(page)

    instance.ask("POST", f"/api/runs/{run}/say", {"text": "Mind the rounding"})

    fate = page.get_by_role("region", name="Run", exact=True).get_by_role("status").filter(has_text="owner says: Mind the rounding")
    expect(fate).to_contain_text("waiting")
    expect(fate).to_contain_text("delivered", timeout=RUN_MS)
    expect(page.get_by_role("log").locator(".row.said")).to_contain_text("delivered")


def test_a_cancelled_run_stops_and_its_issue_goes_back(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    page = show(f"/issue/{issue}")
    expect(page.get_by_label("Status", exact=True)).to_have_value("Investigating")
    expect(page.get_by_text("The agent has started")).to_be_visible(timeout=RUN_MS)

    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()

    expect(page.get_by_role("region", name="Run", exact=True).get_by_text("cancelled").first).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_label("Status", exact=True)).to_have_value("Backlog")
    expect(page.get_by_role("button", name=re.compile("Run again"))).to_be_visible()


def say(page: Page, words: str) -> None:
    page.get_by_label("What you want").fill(words)
    page.keyboard.press("Enter")
