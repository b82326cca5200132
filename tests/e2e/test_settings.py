"""The limits: changed with a reason, tried on the past first, and never saved over what nobody has seen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open, live, running
from tests.e2e.instance import Instance

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, claude: Path) -> Iterator[Instance]:
    """An instance whose limits are ours to change."""
    yield from running(Instance(tmp_path_factory.mktemp("settings") / "data", claude=claude, SCRIPTED_MODEL_PACE_MS="1"))


def test_a_limit_is_changed_with_a_reason_and_holds_at_once(show: Open, instance: Instance) -> None:
    page = show("/settings")

    page.get_by_label("Agents people asked for").fill("1")
    bar = what_changes(page)
    expect(bar).to_contain_text("1 limit changed")
    expect(bar).to_contain_text("at once")
    expect(bar.get_by_role("button", name="Save")).to_be_disabled()
    bar.get_by_label("Why").fill("One at a time")
    bar.get_by_role("button", name="Save").click()

    expect(bar).to_have_count(0)
    expect(page.get_by_role("heading", name="Limits")).to_be_focused()
    newest = versions(page).first
    expect(newest).to_contain_text("in force")
    expect(newest).to_contain_text("One at a time")
    expect(newest).to_contain_text("Agents people asked for: 5")
    assert policy(instance)["limits"]["max_concurrent_spawns_prd"] == 1
    assert instance.ask("GET", "/api/fleet")["slots"]["prd"]["total"] == 1


def test_a_limit_for_one_workflow_stands_beside_the_general_one(show: Open, instance: Instance) -> None:
    page = show("/settings")

    page.get_by_role("list", name="Money a day, by workflow").get_by_label("qa-test").fill("12.50")
    what_changes(page).get_by_label("Why").fill("Tests are cheap")
    page.keyboard.press("Enter")

    expect(versions(page).first).to_contain_text("qa-test $12.50")
    assert policy(instance)["limits"]["daily_cost_limit_by_workflow"] == {"qa-test": 12.5}


def test_what_cannot_be_read_is_not_saved(show: Open, instance: Instance) -> None:
    page = show("/settings")

    field = page.get_by_label("Money a day", exact=True)
    field.fill("a lot")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(what_changes(page)).to_contain_text("Money a day: This is not a number from 0 up.")
    expect(what_changes(page).get_by_role("button", name="Try on the last 30 days")).to_be_disabled()
    page.get_by_role("button", name="Undo: Money a day", exact=True).click()

    expect(field).to_have_value("200")
    expect(what_changes(page)).to_have_count(0)


def test_a_change_is_tried_on_the_last_days_before_it_is_saved(show: Open, instance: Instance) -> None:
    before = policy(instance)["version"]
    page = show("/settings")

    page.get_by_label("Agents in all").fill("0")
    page.get_by_role("button", name="Try on the last 30 days").click()

    table = what_changes(page).get_by_role("table")
    expect(table.get_by_role("row", name="Runs")).to_be_visible()
    expect(table.get_by_role("columnheader", name="Under these")).to_be_visible()
    assert policy(instance)["version"] == before
    page.get_by_role("textbox", name="Agents in all").fill("1")
    expect(table).to_have_count(0)


def test_who_was_overtaken_sees_what_the_other_changed_and_keeps_their_own(show: Open, instance: Instance) -> None:
    page = show("/settings")
    live(page)
    page.get_by_label("Rest after a run").fill("12")

    change(instance, {"breaker_minutes": 45}, "It heals slowly")
    told = what_changes(page).get_by_role("alert").filter(has_text="meanwhile")
    expect(told).to_contain_text("It heals slowly")
    expect(told).to_contain_text("Rest until one may try: 30")
    what_changes(page).get_by_label("Why").fill("Errors come back sooner")
    page.get_by_role("button", name="Save").click()

    expect(what_changes(page)).to_have_count(0)
    limits = policy(instance)["limits"]
    assert (limits["breaker_minutes"], limits["spawn_cooldown_hours"]) == (45, 12)


def test_limits_that_others_change_show_by_themselves(show: Open, instance: Instance) -> None:
    page = show("/settings")
    live(page)
    expect(page.get_by_label("An approval holds")).to_have_value("14")

    change(instance, {"plan_approval_days": 3}, "Plans grow old")

    expect(page.get_by_label("An approval holds")).to_have_value("3")
    expect(versions(page).first).to_contain_text("Plans grow old")


def test_a_viewer_reads_the_limits_and_changes_none(show: Open) -> None:
    viewer = {"authenticated": True, "person": {"id": "0", "name": "Vi", "role": "viewer"}}
    page = show("/settings")
    page.route("**/api/auth", lambda route: route.fulfill(json=viewer))

    page.reload()

    expect(page.get_by_text("Only an admin may change them.")).to_be_visible()
    expect(page.get_by_role("region", name="Money", exact=True)).to_contain_text("$200.00 a day")
    expect(page.get_by_role("main").get_by_role("textbox")).to_have_count(0)


def what_changes(page: Page) -> Locator:
    """The bar that saves."""
    return page.get_by_role("form", name="What you change")


def versions(page: Page) -> Locator:
    return page.get_by_role("region", name="Versions").get_by_role("listitem").filter(has_text="Version")


def policy(instance: Instance) -> dict[str, Any]:
    """The policy in force."""
    return dict(instance.ask("GET", "/api/policy"))


def change(instance: Instance, limits: dict[str, Any], because: str) -> None:
    """Somebody else changes the limits."""
    instance.ask("PUT", "/api/policy", {"version": policy(instance)["version"], "limits": limits, "because": because})
