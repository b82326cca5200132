"""The way in and out."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import fill_in
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


def test_a_wrong_password_is_refused_with_a_sentence(instance: Instance, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(instance.url)

    fill_in(page, "not the password")

    expect(page.get_by_role("alert")).to_have_text("That name and password do not belong together.")
    expect(page.get_by_label("Password")).to_be_focused()


def test_whoever_followed_a_link_lands_where_it_leads_once_signed_in(instance: Instance, context: BrowserContext) -> None:
    issue = instance.new_issue("A door that opens where one wanted to go")
    page = context.new_page()

    page.goto(f"{instance.url}/issue/{issue}#about")
    fill_in(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("A door that opens where one wanted to go")
    expect(page).to_have_url(f"{instance.url}/issue/{issue}#about")


@pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "/\\example.com"])
def test_a_link_cannot_lead_to_another_site(instance: Instance, context: BrowserContext, elsewhere: str) -> None:
    page = context.new_page()

    page.goto(f"{instance.url}/sign-in?next={elsewhere}")
    fill_in(page)

    expect(page.get_by_label("What you want")).to_be_visible()
    assert page.url.startswith(f"{instance.url}/")


def test_whoever_signs_out_is_at_the_door_and_stays_there(instance: Instance, sign_in: Callable[[Instance], Page]) -> None:
    page = sign_in(instance)

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(f"{instance.url}/board")

    expect(page).to_have_url(f"{instance.url}/sign-in?next=%2Fboard")


def test_five_wrong_passwords_make_the_sixth_try_wait(instance: Instance, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(instance.url)
    for _ in range(5):
        fill_in(page, "not the password")
        expect(page.get_by_role("button", name="Sign in")).to_be_enabled()

    fill_in(page)

    expect(page.get_by_role("alert")).to_have_text("Too many wrong passwords. Wait a moment, then try again.")
    assert len(instance.rows("UPDATE sign_in_failure SET at = at - interval '1 minute' RETURNING at")) == 5  # a minute goes by
    fill_in(page)
    expect(page.get_by_label("What you want")).to_be_visible()
