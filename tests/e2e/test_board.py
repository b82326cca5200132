"""The board: cards made, moved, filtered, and kept current while somebody else works."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


def test_c_writes_a_new_issue(show: Open) -> None:
    page = show("/board")
    column(page, "Backlog").wait_for()

    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New issue")
    expect(dialog.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Written with one key")
    dialog.get_by_label("Priority").select_option("P2")
    dialog.get_by_role("button", name="Create", exact=True).click()

    expect(card(page, "Backlog", "Written with one key")).to_be_focused()
    expect(dialog).to_have_count(0)


def test_a_card_is_moved_by_keyboard(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Moved by keyboard")
    page = show("/board")

    card(page, "Backlog", "Moved by keyboard").focus()
    page.keyboard.press("]")

    expect(card(page, "Investigating", "Moved by keyboard")).to_be_focused()
    expect(page.get_by_text(f"{issue} is in Investigating.")).to_be_attached()
    assert instance.ask("GET", f"/api/issues/{issue}")["status"]["name"] == "Investigating"


def test_a_card_is_moved_by_its_menu(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Moved by its menu")
    page = show("/board")

    card(page, "Backlog", "Moved by its menu").focus()
    page.keyboard.press("m")
    page.get_by_role("menuitem", name="In Review").click()

    expect(card(page, "In Review", "Moved by its menu")).to_be_visible()
    expect(page.get_by_text(f"{issue} is in In Review.")).to_be_attached()


def test_a_card_is_moved_by_dragging(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Moved by dragging")
    page = show("/board")

    page.get_by_role("article").filter(has_text="Moved by dragging").drag_to(column(page, "Needs Review"))

    expect(card(page, "Needs Review", "Moved by dragging")).to_be_visible()
    expect(page.get_by_text(f"{issue} is in Needs Review.")).to_be_attached()
    assert instance.ask("GET", f"/api/issues/{issue}")["status"]["name"] == "Needs Review"


def test_a_filter_leaves_what_fits_and_stands_in_the_address(show: Open, instance: Instance) -> None:
    instance.new_issue("A needle", priority="P1")
    instance.new_issue("Some hay")
    page = show("/board")
    column(page, "Backlog").wait_for()

    page.keyboard.press("f")
    page.keyboard.type("needle")

    expect(page.get_by_role("article")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=needle$"))
    page.reload()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    expect(card(page, "Backlog", "Some hay")).to_be_visible()


def test_the_priorities_filter_too(show: Open, instance: Instance) -> None:
    instance.new_issue("It burns", priority="P1")
    instance.new_issue("It can wait", priority="P4")
    page = show("/board")

    page.get_by_role("button", name="P4", exact=True).click()

    expect(card(page, "Backlog", "It can wait")).to_be_visible()
    expect(card(page, "Backlog", "It burns")).to_have_count(0)


def test_what_somebody_else_does_shows_at_once(show: Open, instance: Instance) -> None:
    page = show("/board")
    expect(page.get_by_text("Live", exact=True)).to_be_attached()
    issue = instance.new_issue("Made elsewhere")
    expect(card(page, "Backlog", "Made elsewhere")).to_be_visible()

    instance.ask("PATCH", f"/api/issues/{issue}", {"status": "In Progress", "title": "Changed elsewhere"})

    expect(card(page, "In Progress", "Changed elsewhere")).to_be_visible()
    expect(card(page, "Backlog", "Made elsewhere")).to_have_count(0)


def test_closed_columns_are_folded_until_they_are_opened(show: Open, instance: Instance) -> None:
    instance.new_issue("Long finished", status="Done")
    page = show("/board")
    done = column(page, "Done").get_by_role("button", name=re.compile("^Done"))
    expect(done).to_have_attribute("aria-expanded", "false")

    done.click()
    expect(card(page, "Done", "Long finished")).to_be_visible()
    page.reload()

    expect(card(page, "Done", "Long finished")).to_be_visible()


def test_j_and_k_go_from_card_to_card(show: Open, instance: Instance) -> None:
    instance.new_issue("The lower one", status="In Review", priority="P2")
    instance.new_issue("The upper one", status="In Review", priority="P1")
    page = show("/board")

    card(page, "In Review", "The upper one").focus()
    page.keyboard.press("j")
    expect(card(page, "In Review", "The lower one")).to_be_focused()
    page.keyboard.press("k")

    expect(card(page, "In Review", "The upper one")).to_be_focused()


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def card(page: Page, where: str, title: str) -> Locator:
    return column(page, where).get_by_role("link", name=title)
