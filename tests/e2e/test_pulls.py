"""Pull requests on an issue's page: shown as GitHub tells of them, asked why they were closed, gone on with."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import hooks
from tests.e2e.conftest import Open, live
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser

RUN_MS = 120_000


def test_a_pull_request_shows_as_github_tells_of_it(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Umbrellas are listed as shoes")
    page = show(f"/issue/{issue}")
    live(page)

    tell_pull(instance, 31, title=f"List umbrellas as umbrellas ({issue})", state="draft")
    card = card_of(page, 31)
    for words in ["draft", "discounts", "main", "linked by the identifier in its words", "No CI"]:
        expect(card).to_contain_text(words)
    expect(card.get_by_role("link", name="#31")).to_have_attribute("href", f"https://github.com/{instance.repository()}/pull/31")
    tell_ci(instance, conclusion="failure")
    expect(card).to_contain_text("CI fails: CI")

    tell_pull(instance, 31, title=f"List umbrellas as umbrellas ({issue})", state="merged", minutes=9)

    expect(card).to_contain_text("merged")
    expect(card).to_contain_text("as c0ffeec0")
    expect(page.get_by_role("region", name="Timeline")).to_contain_text("merged pull request #31")


def test_who_closed_a_pull_request_is_asked_why(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Receipts are printed twice")
    tell_pull(instance, 41, title=f"Print receipts once ({issue})")
    page = show(f"/issue/{issue}")
    live(page)
    expect(card_of(page, 41).get_by_label("Why was it closed?")).to_have_count(0)
    tell_pull(instance, 41, title=f"Print receipts once ({issue})", state="closed", minutes=5)

    card_of(page, 41).get_by_label("Why was it closed?").fill("The till is replaced anyway")
    page.keyboard.press("Enter")

    expect(card_of(page, 41)).to_contain_text("Closed because: The till is replaced anyway")
    [pull] = instance.ask("GET", f"/api/issues/{issue}/pulls")["items"]
    assert pull["close_reason"] == "The till is replaced anyway"


def test_of_several_the_newest_stands_first(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Say which currency a price is in")
    tell_pull(instance, 51, title=f"Say the currency ({issue})", opened=0)
    tell_pull(instance, 52, title=f"Say the currency again ({issue})", opened=20)

    page = show(f"/issue/{issue}")

    cards = page.get_by_role("region", name="Pull requests").get_by_role("article")
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text("#52")


def test_another_round_goes_on_from_a_pull_request_with_words(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("The total is wrong for orders with a discount")
    run = implement(instance, issue)
    tell_pull(instance, 61, title="Take the discount once", branch=run["patch"]["branch"], state="draft")
    page = show(f"/issue/{issue}")
    live(page)

    card_of(page, 61).get_by_role("button", name="Another round").click()
    dialog = page.get_by_role("dialog", name="Another round")
    expect(dialog.get_by_role("button", name="Start")).to_be_disabled()
    dialog.get_by_label("Words for the agent").fill("Use Decimal")
    dialog.get_by_role("button", name="Start").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="goes on from an earlier run")).to_be_visible(timeout=RUN_MS)
    newest = instance.ask("GET", f"/api/issues/{issue}/runs")["items"][0]
    assert (newest["continues"], newest["workflow"]) == (run["id"], "prd-implement")
    instance.finished_run(issue)


def card_of(page: Page, number: int) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("link", name=f"#{number}"))


def implement(instance: Instance, issue: str) -> dict[str, Any]:
    """The run that has left a patch on a branch."""
    instance.spawn(issue)
    instance.finished_run(issue)
    instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": 1})
    return dict(instance.ask("GET", f"/api/runs/{instance.finished_run(issue)['id']}"))


def tell_pull(instance: Instance, number: int, *, opened: float = 0, minutes: float = 1, **more: Any) -> None:
    """GitHub has told of the pull request as it is now."""
    told = hooks.pull(number, minutes=opened + minutes, repository=instance.repository(), sha=f"{number:040x}", **more)
    instance.hear("pull_request", {"action": "edited", "pull_request": told | {"created_at": hooks.at(opened)}})


def tell_ci(instance: Instance, **more: Any) -> None:
    """GitHub has told of a check of pull request 31."""
    instance.hear("workflow_run", {"action": "completed", "workflow_run": hooks.ci_run(sha=f"{31:040x}", **more)})
