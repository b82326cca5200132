"""The fleet's screen: who has a place, who waits and why, and stopping them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Open, live, running
from tests.e2e.instance import Instance, until

pytestmark = pytest.mark.browser

BUG = "The total is wrong for orders with a discount"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory, claude: Path) -> Iterator[Instance]:
    """An instance with one place for what people ask for, and a model that takes its time."""
    settings = {"SCRIPTED_MODEL_PACE_MS": "800", "MAX_CONCURRENT_SPAWNS_PRD": "1"}
    yield from running(Instance(tmp_path_factory.mktemp("fleet") / "data", claude=claude, **settings))


@pytest.fixture(autouse=True)
def calm(instance: Instance) -> Iterator[None]:
    """Afterwards nothing runs, waits or is stopped."""
    yield
    fleet = instance.ask("GET", "/api/fleet")
    for switch in fleet["kill_switches"]:
        instance.ask("POST", f"/api/kill-switches/{switch['id']}/open", {})
    while busy := [one["identifier"] for one in fleet["waiting"] + fleet["running"]]:
        for issue in busy:
            instance.ask("POST", f"/api/issues/{issue}/spawn/cancel", {})
        fleet = instance.ask("GET", "/api/fleet")


def test_g_and_f_go_to_the_fleet(show: Open) -> None:
    page = show("/board")
    live(page)

    page.keyboard.press("g")
    page.keyboard.press("f")

    expect(page.get_by_role("heading", name="Fleet", level=1)).to_be_visible()
    expect(part(page, "Queue")).to_contain_text("Nothing waits.")


def test_what_runs_has_a_place_with_its_newest_line_and_its_cap(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    page = show("/fleet")
    live(page)

    instance.spawn(issue, cap_usd=7)

    place = part(page, "Places").get_by_role("link").filter(has_text=issue)
    expect(place).to_contain_text("of $7.00")
    expect(place).to_contain_text("Glob")
    expect(part(page, "Places")).to_contain_text("1 of 8 taken")
    expect(part(page, "Runs").get_by_role("row").filter(has_text=issue)).to_contain_text("running")


def test_what_waits_says_what_would_turn_it_and_is_withdrawn(show: Open, instance: Instance) -> None:
    instance.spawn(instance.new_issue(BUG))
    waiting = instance.new_issue("Gift cards are refused", priority="P2")
    page = show("/fleet")

    instance.spawn(waiting)
    place = part(page, "Queue").get_by_role("listitem").filter(has_text=waiting)
    expect(place).to_contain_text("1 of 1 PRD agents are running.")
    expect(place).to_contain_text("It starts when one of them ends.")
    expect(place).to_contain_text("P2")
    place.get_by_role("button", name="Withdraw").click()

    expect(page.get_by_text(f"{waiting} waits no more.")).to_be_visible()
    expect(place).to_have_count(0)
    assert instance.ask("GET", "/api/fleet")["waiting"] == []


def test_an_admin_starts_what_waits_and_says_why(show: Open, instance: Instance) -> None:
    instance.spawn(instance.new_issue(BUG))
    waiting = instance.new_issue("Receipts are printed twice")
    instance.spawn(waiting)
    page = show("/fleet")

    part(page, "Queue").get_by_role("button", name=f"Start now … {waiting}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 of 1 PRD agents are running.")
    expect(dialog.get_by_role("button", name="Start anyway")).to_be_disabled()
    dialog.get_by_label("Why now").fill("The customer is at the till")
    dialog.get_by_role("button", name="Start anyway").click()

    expect(part(page, "Places").get_by_role("link").filter(has_text=waiting)).to_be_visible()
    decided = instance.ask("GET", f"/api/issues/{waiting}/why")["items"][0]
    assert decided["verdict"] == "admitted"
    assert decided["reason"].endswith("Forced: The customer is at the till")


def test_a_run_that_waits_on_its_issue_is_started_anyway(show: Open, instance: Instance) -> None:
    instance.spawn(instance.new_issue(BUG))
    waiting = instance.new_issue("Search forgets the last word")
    instance.spawn(waiting)
    page = show(f"/issue/{waiting}")

    page.get_by_role("region", name="A run waits").get_by_role("button", name="Start anyway …").click()
    page.get_by_label("Why now").fill("It is one line")
    page.keyboard.press("Enter")

    expect(page.get_by_text(f"{waiting} starts.")).to_be_visible()
    expect(page.get_by_role("region", name="A run waits")).to_have_count(0)
    assert waiting in [one["identifier"] for one in instance.ask("GET", "/api/fleet")["running"]]


def test_everything_is_stopped_and_says_so_on_every_screen_until_it_is_opened(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    until(lambda: instance.ask("GET", "/api/fleet")["running"][0]["state"] == "running", 60, "the run never began")
    page = show("/fleet")

    page.get_by_role("button", name="Stop agents …").click()
    dialog = page.get_by_role("dialog", name="Stop agents")
    expect(dialog).to_contain_text(f"1 run will be ended: {issue}")
    dialog.get_by_label("Why").fill("It spends too much")
    dialog.get_by_role("button", name="Stop everything (1 run)").click()

    stopped = page.get_by_role("status").filter(has_text="Everything is stopped by owner")
    expect(stopped).to_contain_text("It spends too much")
    expect(stopped).to_contain_text("1 run was stopped, quiet after")
    expect(part(page, "Places").get_by_role("link")).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="Board", level=1)).to_be_attached()
    stopped.get_by_role("button", name="Open again").click()
    expect(stopped).to_have_count(0)


def test_a_stopped_workflow_lets_the_others_run(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    page = show("/fleet")

    page.get_by_role("button", name="Stop agents …").click()
    dialog = page.get_by_role("dialog", name="Stop agents")
    dialog.get_by_label("A workflow").check()
    dialog.get_by_label("Workflow", exact=True).select_option("deep-research")
    expect(dialog).to_contain_text("Nothing of it runs now")
    dialog.get_by_label("Why").fill("It finds nothing")
    dialog.get_by_role("button", name="Stop", exact=True).click()

    stopped = page.get_by_role("main").get_by_role("status").filter(has_text="Every deep-research run is stopped")
    expect(stopped).to_contain_text("Nothing ran.")
    assert instance.spawn(issue, "deep-research")["gate"] == "kill_switch"
    assert instance.spawn(issue)["state"] == "admitted"


def test_runs_are_filtered_and_the_address_says_how(show: Open, instance: Instance) -> None:
    issue = instance.new_issue("Exports miss the last row")
    instance.spawn(issue)
    instance.ask("POST", f"/api/issues/{issue}/spawn/cancel", {})
    page = show("/fleet")
    mine = part(page, "Runs").get_by_role("row").filter(has_text=issue)
    expect(mine).to_contain_text("cancelled")

    part(page, "Runs").get_by_label("Outcome").select_option("completed")
    expect(mine).to_have_count(0)
    part(page, "Runs").get_by_label("Outcome").select_option("cancelled")
    expect(mine).to_be_visible()
    page.reload()

    expect(part(page, "Runs").get_by_label("Outcome")).to_have_value("cancelled")
    assert page.url.endswith("/fleet?outcome=cancelled")


def test_a_chart_can_be_read_as_a_table(show: Open, instance: Instance) -> None:
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    instance.ask("POST", f"/api/issues/{issue}/spawn/cancel", {})
    page = show("/fleet")

    page.get_by_role("button", name="7 days").click()
    outcomes = page.get_by_role("figure", name="Outcomes by day")
    outcomes.get_by_text("As a table").click()

    expect(outcomes.get_by_role("columnheader", name="cancelled")).to_be_visible()
    expect(outcomes.get_by_role("row")).to_have_count(2)


def test_figures_that_cannot_be_read_are_asked_for_again(show: Open) -> None:
    page = show("/board")
    live(page)
    page.route("**/api/spawns/stats*", lambda route: route.fulfill(status=503, json={"detail": "The figures are away."}))
    page.get_by_role("navigation", name="Screens").get_by_role("link", name="Fleet").click()
    expect(part(page, "By day").get_by_role("alert")).to_contain_text("The figures are away.")

    page.unroute("**/api/spawns/stats*")
    part(page, "By day").get_by_role("button", name="Try again").click()

    expect(page.get_by_role("figure", name="Cost by day")).to_be_visible()


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)
