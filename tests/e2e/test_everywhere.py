"""What every screen does: the palette, the keys, the theme."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Open, held_back, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


def test_the_palette_finds_an_issue(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Found by a word in the middle")
    page = show("/board")
    live(page)

    page.keyboard.press("Control+k")
    page.keyboard.type("word in the mid")
    expect(page.get_by_role("option").filter(has_text=issue)).to_be_visible()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{instance.url}/issue/{issue}")


def test_the_palette_puts_a_command_into_the_terminal(show: Open) -> None:
    page = show("/board")
    live(page)

    page.keyboard.press("Control+k")
    page.keyboard.type("/spend")
    page.get_by_role("option").filter(has_text="/spend").click()

    expect(page.get_by_label("What you want")).to_have_value("/spend")


def test_what_is_typed_while_the_palette_is_on_its_way_stands_in_it(show: Open) -> None:
    page = show("/board")
    live(page)

    with held_back(page, "**/_app/**"):
        page.keyboard.press("Control+k")
        page.keyboard.type("/spendd")
        page.keyboard.press("Backspace")

    expect(page.get_by_role("option").filter(has_text="/spend")).to_be_visible()
    page.keyboard.type(" nothing like it")
    expect(page.get_by_role("combobox", name="Go to")).to_have_value("/spend nothing like it")


def test_closing_the_palette_gives_the_focus_back(show: Open) -> None:
    page = show("/board")
    search = page.get_by_role("button", name="Search")
    search.click()
    expect(page.get_by_role("dialog", name="Go to")).to_be_visible()

    page.keyboard.press("Escape")

    expect(search).to_be_focused()


def test_a_question_mark_lists_the_keys(show: Open) -> None:
    page = show("/board")
    live(page)

    page.keyboard.press("?")

    keys = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(keys).to_contain_text("New issue")
    expect(keys).to_contain_text("Move the card one column right")


def test_g_and_a_letter_go_to_a_screen(show: Open, instance: Instance) -> None:
    page = show(f"/issue/{instance.new_issue('Somewhere to start from')}")
    live(page)

    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Board", level=1)).to_be_attached()
    page.keyboard.press("g")
    page.keyboard.press("t")

    expect(page.get_by_label("What you want")).to_be_visible()


def test_the_chosen_theme_is_kept(show: Open) -> None:
    page = show("/board")
    page.get_by_role("button", name="Dark theme").click()

    page.reload()

    expect(page.get_by_role("button", name="Light theme")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_chosen_theme_is_worn_before_the_site_is_there(show: Open) -> None:
    page = show("/board")
    page.get_by_role("button", name="Dark theme").click()
    page.route("**/_app/**", lambda route: None)

    page.reload(wait_until="commit")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_first_tab_leads_past_the_header(show: Open) -> None:
    page = show("/board")
    live(page)

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="To the content")).to_be_focused()
