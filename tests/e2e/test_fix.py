"""The fix of an error on its issue's page: watched, judged with its numbers, and closed by hand for a reason alone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests import hooks
from tests.e2e.alerts import alert
from tests.e2e.conftest import Open, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

THE_FIX = re.compile(r"/api/issues/[^/]+/fix$")
NUMBERS = {
    "active_hours_before": 4,
    "observed_hours_before": 336,
    "window_hours": 336,
    "traffic_ratio": 0.9,
    "expected": 1.2,
    "needed": 3,
    "chance_of_luck": 0.301,
    "seen": 0,
    "ignored": 2,
}


def test_a_merged_fix_waits_for_its_deployment(show: Open, instance: Instance) -> None:
    issue = issue_of(instance, "The receipt has no end")
    page = show(f"/issue/{issue}")
    live(page)
    expect(page.get_by_role("complementary").get_by_role("link", name="The receipt has no end")).to_have_attribute(
        "href", re.compile("/errors/")
    )

    merged = hooks.pull(
        81, state="merged", title=f"End the receipt ({issue})", repository=instance.repository(), sha=f"{81:040x}", minutes=59
    )
    instance.hear("pull_request", {"action": "closed", "pull_request": merged})

    expect(page.get_by_role("region", name=re.compile("^The fix waits for its deployment|^The fix is being watched"))).to_be_visible()
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("took pull request #81 for its fix")


def test_what_is_unproven_shows_its_numbers_and_what_a_person_can_do(show: Open, instance: Instance) -> None:
    page = show(f"/issue/{issue_of(instance, 'The tax is taxed')}")
    page.route(THE_FIX, lambda route: route.fulfill(json=route.fetch().json() | unproven()))
    asked: list[Any] = []
    page.route("**/fix/watch", lambda route: (asked.append(route.request.post_data_json), route.fulfill(json=unproven()["attempts"][0]))[0])

    page.reload()

    fix = page.get_by_role("region", name="The fix is unproven")
    for words in [
        "It was too seldom to tell.",
        "4 of 336 h",
        "90 % of before",
        "30.1 %",
        "2 ignored",
        "older than the fix",
        "1 time in 24 h before the deployment, never in 24 h since",
    ]:
        expect(fix).to_contain_text(words)
    marks = fix.get_by_role("list", name="Marked in the chart")
    for words in ["merged", "deployed", "unproven", "watched"]:
        expect(marks).to_contain_text(words)
    fix.get_by_label("For how long").select_option("7 more days")
    fix.get_by_role("button", name="Watch on").click()

    expect(page.get_by_text("It is watched on.")).to_be_visible()
    assert asked == [{"hours": 168}]


def test_closing_an_unverified_error_asks_why(show: Open, instance: Instance) -> None:
    issue = issue_of(instance, "The queue has no tail")
    page = show(f"/issue/{issue}")
    status = page.get_by_label("Status")

    status.select_option("Done")
    dialog = page.get_by_role("dialog", name=f"Close {issue} all the same?")
    dialog.get_by_role("button", name="Leave it open").click()
    expect(status).not_to_have_value("Done")
    status.select_option("Done")
    dialog.get_by_label("Why").fill("The queue is gone")
    page.keyboard.press("Enter")

    expect(dialog).to_have_count(0)
    expect(status).to_have_value("Done")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("The queue is gone")
    assert instance.ask("GET", f"/api/issues/{issue}")["status"]["name"] == "Done"


def test_a_card_goes_back_when_nobody_says_why_it_is_closed(show: Open, instance: Instance) -> None:
    issue = issue_of(instance, "The basket forgets")
    page = show("/board?q=basket+forgets")
    card = page.get_by_role("article").filter(has_text=issue)
    before = column_of(page, issue)

    move(page, issue, "Done")
    page.get_by_role("dialog").get_by_role("button", name="Leave it open").click()

    expect(card).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert column_of(page, issue) == before
    assert not instance.ask("GET", f"/api/issues/{issue}")["status"]["is_closed"]
    move(page, issue, "Done")
    page.get_by_role("dialog").get_by_label("Why").fill("Baskets may forget")
    page.get_by_role("dialog").get_by_role("button", name="Close with this reason").click()
    expect(page.get_by_role("status").get_by_text(f"{issue} is in Done.")).to_be_attached()
    assert instance.ask("GET", f"/api/issues/{issue}")["status"]["name"] == "Done"


def issue_of(instance: Instance, message: str) -> str:
    """The issue of the error that is reported so."""
    instance.report(alert(message))
    [family] = instance.ask("GET", f"/api/errors?{urlencode({'query': message})}")["items"]
    return str(family["issue"]["identifier"])


def move(page: Page, issue: str, column: str) -> None:
    page.get_by_role("button", name=f"Move {issue} to").click()
    page.get_by_role("menuitem", name=column).click()


def column_of(page: Page, issue: str) -> str:
    """The name of the column in which the card stands."""
    card = page.get_by_role("article").filter(has_text=issue)
    return card.locator("xpath=ancestor::section[1]").get_by_role("heading").inner_text()


def unproven() -> dict[str, Any]:
    """A fix that nobody can judge, as the API tells of it."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def at(hours: int) -> str:
        return (now - timedelta(hours=hours)).isoformat().replace("+00:00", "Z")

    marks = [{"at": at(26), "what": "merged"}, {"at": at(24), "what": "deployed"}, {"at": at(1), "what": "unproven"}]
    attempt = {
        "id": "00000000-0000-4000-8000-000000000001",
        "issue_id": "00000000-0000-4000-8000-000000000002",
        "family": None,
        "pull": {"repository": "acme/shop", "number": 12, "url": "https://github.com/acme/shop/pull/12"},
        "merge_commit": hooks.MERGED,
        "merged_at": at(26),
        "state": "unproven",
        "environment": "production",
        "deployed_at": at(24),
        "deployed_sha": hooks.MERGED,
        "watch_until": at(1),
        "numbers": NUMBERS,
        "reason": "It was too seldom to tell.",
        "seen": [{"at": at(20), "because": "It came from a release older than the fix.", "counts": False, "times": 2}],
        "decided_at": at(1),
    }
    counts = [1] + [0] * 47
    return {"attempts": [attempt], "chart": {"since": at(48), "until": at(0), "step_s": 3600, "counts": counts, "marks": marks}}
