"""The terminal: what one says, what is answered, and what stands beside it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open, held_back, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

RUN_MS = 120_000


def test_a_command_is_answered_without_a_model(show: Open) -> None:
    page = show("/?chat=new")

    say(page, "/status")

    turn = page.get_by_role("article", name="You said: /status")
    expect(turn).to_contain_text("agents at work")
    expect(turn).not_to_contain_text("tokens")


def test_help_lists_the_commands(show: Open) -> None:
    page = show("/?chat=new")

    say(page, "/help")

    expect(page.get_by_role("cell", name="/why ID")).to_be_visible()


def test_an_unknown_command_is_told_what_was_meant(show: Open) -> None:
    page = show("/?chat=new")

    say(page, "/sttaus")

    expect(conversation(page).get_by_text("There is no command “/sttaus”. Did you mean /status?")).to_be_visible()


def test_a_chat_survives_a_reload(show: Open) -> None:
    page = show("/?chat=new")
    say(page, "what can you do")
    expect(conversation(page).get_by_text("and an agent does it once you have agreed")).to_be_visible()
    expect(conversation(page).get_by_text("tokens in")).to_be_visible()
    before = conversation(page).inner_text()

    page.reload()

    expect(conversation(page).get_by_text("and an agent does it once you have agreed")).to_be_visible()
    assert conversation(page).inner_text() == before


def test_words_said_before_the_chat_is_read_are_said_in_it(show: Open, instance: Instance) -> None:
    page = show("/?chat=new")
    say(page, "/help")
    expect(page).to_have_url(re.compile("chat=[0-9a-f-]{36}$"))
    chat = page.url.partition("?chat=")[2]

    with held_back(page, re.compile("/api/chats/[0-9a-f-]+$")):
        page.reload()
        say(page, "/spend")
        say(page, "/status")
        expect(conversation(page)).to_contain_text("/status")

    expect(page.get_by_role("article", name="You said: /spend")).to_contain_text("Runs today")
    expect(page.get_by_role("article", name="You said: /status")).to_contain_text("agents at work")
    expect(page.get_by_role("article", name="You said: /help")).to_be_visible()
    assert [turn["said"] for turn in instance.ask("GET", f"/api/chats/{chat}")["turns"]] == ["/help", "/spend", "/status"]


def test_words_that_were_not_sent_survive_a_reload(show: Open) -> None:
    page = show("/?chat=new")
    prompt(page).fill("half a thought")

    page.reload()

    expect(prompt(page)).to_have_value("half a thought")


def test_not_now_starts_nothing(show: Open, instance: Instance) -> None:
    page = show("/?chat=new")
    say(page, "loyalty points expire a day early, look into it")

    page.get_by_role("button", name="Not now").click()

    expect(conversation(page).get_by_text("nothing is started on")).to_be_visible()
    expect(page.get_by_role("button", name="Not now")).to_have_count(0)
    made = conversation(page).get_by_role("link", name=re.compile(r"^DISPATCH-\d+$")).first.inner_text()
    assert instance.ask("GET", f"/api/issues/{made}/runs")["items"] == []
    assert instance.ask("GET", f"/api/issues/{made}/why")["items"] == []


def test_arrow_up_brings_back_what_was_said(show: Open) -> None:
    page = show("/?chat=new")
    say(page, "/help")
    say(page, "/spend")
    prompt(page).fill("a draft")

    page.keyboard.press("ArrowUp")
    expect(prompt(page)).to_have_value("/spend")
    page.keyboard.press("ArrowUp")
    expect(prompt(page)).to_have_value("/help")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")

    expect(prompt(page)).to_have_value("a draft")


def test_a_command_is_offered_from_its_first_letters(show: Open) -> None:
    page = show("/?chat=new")
    prompt(page).press_sequentially("/st")

    expect(page.get_by_role("option", name="/status")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Tab")

    expect(prompt(page)).to_have_value("/status ")


def test_an_identifier_is_offered_with_its_title(show: Open, instance: Instance) -> None:
    made = instance.new_issue("Offer me by my number")
    page = show("/?chat=new")
    prompt(page).press_sequentially(f"why {made.lower().rstrip('0123456789')}")

    expect(page.get_by_role("option", name=f"{made} Offer me by my number")).to_be_visible()


def test_a_tool_call_opens_to_its_input_and_result(show: Open, instance: Instance) -> None:
    made = instance.new_issue("Show me to a person")
    page = show("/?chat=new")
    say(page, f"show {made}")

    page.get_by_role("button", name=re.compile("get_issue")).click()

    expect(page.get_by_text(f'"identifier": "{made}"').first).to_be_visible()
    expect(page.get_by_text('"title": "Show me to a person"')).to_be_visible()


def test_what_runs_needs_you_and_costs_shows_beside_the_chat_as_it_happens(show: Open, instance: Instance) -> None:
    [(before,)] = instance.rows("SELECT count(*) FROM run WHERE outcome = 'investigation_complete'")
    page = show("/?chat=new")
    live(page)
    issue = instance.new_issue("The total is wrong for orders with a discount")

    instance.spawn(issue)

    expect(page.get_by_role("region", name="Running").get_by_role("link", name=issue)).to_be_visible()
    plan = page.get_by_role("region", name="Needs you").get_by_role("link", name=re.compile(issue))
    expect(plan).to_contain_text("Plan to review", timeout=RUN_MS)
    expect(page.get_by_role("list", name="Outcomes today")).to_contain_text(f"{before + 1} investigation complete")
    expect(page.get_by_role("region", name="Running").get_by_role("link", name=re.compile(issue))).to_have_count(0)


def test_status_shows_an_agents_words_without_marks(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("The discount is wrong; ask me first")
    instance.spawn(issue)
    instance.finished_run(issue)
    page = show("/?chat=new")

    say(page, "/status")

    told = page.get_by_role("article", name="You said: /status")
    expect(told).to_contain_text(f"{issue} question: The discount is taken off in line_total")
    expect(told).not_to_contain_text("`")
    expect(told).not_to_contain_text("\\")


def test_the_banner_says_that_the_model_is_scripted_until_it_is_hidden(show: Open) -> None:
    page = show("/?chat=new")
    expect(page.get_by_text("Set ANTHROPIC_API_KEY and start again for a real one.").first).to_be_visible()

    page.get_by_role("button", name="Hide", exact=True).click()
    page.reload()

    expect(prompt(page)).to_be_visible()
    expect(page.get_by_text("Scripted model, demo repository.")).to_have_count(0)


def say(page: Page, words: str) -> None:
    prompt(page).fill(words)
    page.keyboard.press("Enter")


def prompt(page: Page) -> Locator:
    return page.get_by_label("What you want")


def conversation(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")
