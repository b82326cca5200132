"""Errors: listed live, found, looked into, muted, merged and split."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.alerts import alert
from tests.e2e.conftest import Open, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


def test_an_error_appears_as_it_is_reported_and_counts_up(show: Open, instance: Instance) -> None:
    page = show("/errors")
    live(page)

    instance.report(alert("KeyError: discount of the umbrella", seen=3, key="counting"))
    row = row_of(page, "KeyError: discount of the umbrella")
    expect(row).to_contain_text("3 times")
    expect(row).to_contain_text("firing")
    expect(row.get_by_role("link", name=re.compile(r"^DISPATCH-\d+$"))).to_be_visible()
    expect(row.get_by_role("img", name=re.compile("3 in 48 h|quiet for"))).to_be_attached()
    instance.report(alert("KeyError: discount of the umbrella", seen=12, key="counting"))

    expect(row).to_contain_text("12 times")


def test_errors_are_found_by_words_and_the_address_keeps_them(show: Open, instance: Instance) -> None:
    instance.report(alert("The printer is on fire", source="till"), alert("The drawer is stuck", source="till"))
    page = show("/errors")
    expect(row_of(page, "The drawer is stuck")).to_be_visible()

    page.get_by_label("Source").select_option("till")
    page.get_by_label("Filter by words").fill("printer")

    expect(rows(page)).to_have_count(1)
    expect(row_of(page, "The printer is on fire")).to_be_visible()
    expect(page).to_have_url(f"{instance.url}/errors?query=printer&source=till")
    page.get_by_role("button", name="Clear").click()
    expect(row_of(page, "The drawer is stuck")).to_be_visible()


def test_a_filter_that_nothing_fits_is_taken_back(show: Open, instance: Instance) -> None:
    instance.report(alert("The scale weighs nothing"))
    page = show("/errors?query=nobody+ever+says+this")

    page.get_by_role("button", name="Show all errors").click()

    expect(row_of(page, "The scale weighs nothing")).to_be_visible()


def test_without_errors_it_says_where_they_are_reported(show: Open, instance: Instance) -> None:
    page = show("/errors?source=nothing")
    page.route(re.compile(r"/api/errors\?"), lambda route: route.fulfill(json={"items": [], "next_cursor": None}))

    page.get_by_role("button", name="Show all errors").click()

    expect(page.get_by_text("No error has been reported yet")).to_be_visible()
    expect(page.get_by_text(f"{instance.url}/api/loki/webhook")).to_be_visible()


def test_keys_lead_to_errors_and_from_one_to_the_next(show: Open, instance: Instance) -> None:
    instance.report(alert("The first of two errors"), alert("The second of two errors"))
    page = show("/board")
    live(page)

    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(rows(page).nth(1)).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows(page).nth(1).locator(".message")).to_be_focused()
    page.keyboard.press("k")
    expect(rows(page).first.locator(".message")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="How often it was seen")).to_be_visible()


def test_what_was_reported_unfolds_with_its_stack(show: Open, instance: Instance) -> None:
    page = show(f"/errors/{reported(instance, 'The clock goes backwards')}")
    sighting = page.get_by_role("list", name="Sightings").get_by_role("listitem").first
    expect(sighting).to_contain_text("alertmanager")

    sighting.get_by_text("Details").click()

    expect(sighting.get_by_role("region", name="Stack")).to_contain_text("in total")


def test_two_errors_are_made_one_and_parted_again(show: Open, instance: Instance) -> None:
    into = reported(instance, "The bridge is out of order", feature="bridge")
    page = show(f"/errors/{reported(instance, 'No ferry can be found', feature='ferry')}")

    page.get_by_role("button", name="Merge").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Which error").fill("bridge is out")
    dialog.get_by_role("radio", name="The bridge is out of order").check()
    dialog.get_by_label("Why").fill("The same river")
    dialog.get_by_role("button", name="Merge").click()

    expect(page).to_have_url(f"{instance.url}/errors/{into}")
    wordings = page.get_by_role("list", name="Wordings")
    expect(wordings.get_by_role("listitem")).to_have_count(2)
    expect(wordings).to_contain_text("put here by a person")
    wordings.get_by_role("listitem").filter(has_text="ferry").get_by_role("checkbox").check()
    page.get_by_role("button", name="Split 1 wording off").click()
    page.get_by_role("dialog").get_by_label("Why").fill("Another river")
    page.get_by_role("dialog").get_by_role("button", name="Split off").click()

    expect(page).not_to_have_url(f"{instance.url}/errors/{into}")
    expect(page.get_by_role("list", name="Wordings").get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("list", name="Wordings")).to_contain_text("ferry")


def test_an_error_is_muted_with_a_reason_and_heard_again_from_the_settings(show: Open, instance: Instance) -> None:
    page = show(f"/errors/{reported(instance, 'A browser extension fails', source='extensions')}")

    page.get_by_role("button", name="Mute").click()
    dialog = page.get_by_role("dialog", name="Mute")
    dialog.get_by_label("Everything from extensions").check()
    dialog.get_by_label("For", exact=True).select_option("a day")
    dialog.get_by_label("Why").fill("Not ours")
    dialog.get_by_role("button", name="Mute").click()

    expect(page.get_by_text(re.compile(r"Everything from extensions is muted by .* until .*: Not ours"))).to_be_visible()
    page.goto(f"{instance.url}/settings#mutes")
    muted = page.get_by_role("list", name="Mutes").get_by_role("listitem").filter(has_text="extensions")
    expect(muted).to_contain_text("Not ours")
    muted.get_by_role("button", name="Lift the mute of extensions").click()
    expect(muted).to_have_count(0)
    assert [mute for mute in instance.ask("GET", "/api/mutes")["items"] if mute["value"] == "extensions"] == []


def reported(instance: Instance, message: str, **labels: Any) -> str:
    """The id of the error that is reported so."""
    instance.report(alert(message, **labels))
    [family] = instance.ask("GET", f"/api/errors?{urlencode({'query': message})}")["items"]
    return str(family["id"])


def rows(page: Page) -> Locator:
    return page.get_by_role("list", name="Errors").locator("> li")


def row_of(page: Page, message: str) -> Locator:
    return rows(page).filter(has_text=message)
