"""GitHub in the settings: what agents need there and what is missing, and what its webhook delivered."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


def test_what_agents_need_at_github_is_looked_at_when_asked(show: Open) -> None:
    page = show("/settings#github")
    access = panel(page, "Access")
    expect(access).to_contain_text("dispatch workflows install PATH")

    access.get_by_role("button", name="Check").click()

    expect(check(access, "public address")).to_contain_text("missing")
    expect(check(access, "webhook secret")).to_contain_text("ok")
    expect(check(access, "workflow qa-test")).to_contain_text(re.compile("missing.*dispatch workflows install"))
    expect(access.get_by_text(re.compile(r": \d+ of \d+ missing$"))).to_be_visible()


def test_checking_again_shows_what_was_mended(show: Open) -> None:
    page = show("/settings#github")
    found = {"repository": "acme/shop", "auth": "app", "checks": [{"name": "token", "ok": False, "detail": "It has ended."}]}
    page.route("**/api/github", lambda route: route.fulfill(json=found))
    access = panel(page, "Access")
    access.get_by_role("button", name="Check").click()
    expect(access.get_by_text("acme/shop, as a GitHub App: 1 of 1 missing")).to_be_visible()

    found["checks"] = [{"name": "token", "ok": True, "detail": "GitHub takes it."}]
    access.get_by_role("button", name="Check again").click()

    expect(access.get_by_text("acme/shop, as a GitHub App: nothing is missing")).to_be_visible()
    expect(check(access, "token")).to_contain_text("GitHub takes it.")


def test_a_delivery_tells_what_it_did_and_is_replayed(show: Open, instance: Instance) -> None:
    instance.hear("ping", {"zen": "Speak like a human."})
    page = show("/settings#github")
    newest = panel(page, "Deliveries").get_by_role("listitem").first
    expect(newest).to_contain_text("handled")
    expect(newest).to_contain_text("pong")

    newest.get_by_role("button", name="Replay ping").click()

    expect(newest).to_contain_text("waits")
    expect(page.get_by_text("It is heard once more within a minute.")).to_be_visible()


def test_who_is_no_admin_sees_nothing_of_it(show: Open) -> None:
    viewer = {"authenticated": True, "person": {"id": "0", "name": "Vi", "role": "viewer"}}
    page = show("/settings")
    page.route("**/api/auth", lambda route: route.fulfill(json=viewer))

    page.reload()

    expect(page.get_by_text("Only an admin may change them.")).to_be_visible()
    expect(page.get_by_role("heading", name="GitHub")).to_have_count(0)


def panel(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def check(access: Locator, name: str) -> Locator:
    return access.get_by_role("listitem").filter(has_text=name)
