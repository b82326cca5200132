"""The main job while things break: the page is closed, the socket is cut, the server dies. Nothing is lost, doubled or paid twice."""

import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import Begin
from tests.e2e.instance import Instance

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CUTS = 10


def test_a_run_outlives_the_page_ten_cut_sockets_and_a_killed_server(begin: Begin, sign_in: Callable[[Instance], Page]) -> None:
    instance = begin(SCRIPTED_MODEL_PACE_MS="25")
    page = sign_in(instance)
    sockets = _hold_sockets(page)
    page.reload()
    issue = instance.ask("POST", "/api/issues", {"title": "The total is wrong for orders with a discount"})["identifier"]
    spawn = instance.ask("POST", f"/api/issues/{issue}/spawn", {"workflow": "prd-investigate"})
    page.goto(f"{instance.url}/issue/{issue}")
    expect(page.get_by_text("running", exact=False).first).to_be_visible(timeout=60_000)

    for _ in range(CUTS):
        page.wait_for_timeout(random.randint(100, 700))
        _cut(sockets)
    page.close()
    instance.kill()
    instance.start()
    run = instance.finished_run(issue)

    assert run["outcome"] == "investigation_complete"
    frames = instance.events(spawn["run_id"])
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    seqs = [frame["data"]["seq"] for frame in frames if frame["kind"] == "run.event" and frame["data"]["seq"]]
    assert sorted(seqs) == list(range(1, len(seqs) + 1))
    assert _settled(instance, spawn["run_id"]) == [("reserve", Decimal(25)), ("settle", Decimal(str(run["cost_usd"])))]


def test_a_page_whose_socket_is_cut_ten_times_shows_every_line_once(begin: Begin, sign_in: Callable[[Instance], Page]) -> None:
    instance = begin(SCRIPTED_MODEL_PACE_MS="15")
    page = sign_in(instance)
    sockets = _hold_sockets(page)
    issue = instance.ask("POST", "/api/issues", {"title": "The total is wrong for orders with a discount"})["identifier"]
    instance.ask("POST", f"/api/issues/{issue}/spawn", {"workflow": "prd-investigate"})
    page.goto(f"{instance.url}/issue/{issue}")

    for _ in range(CUTS):
        page.wait_for_timeout(random.randint(100, 900))
        _cut(sockets)
    instance.finished_run(issue)
    lived_through = _log(page)
    page.reload()

    assert len(lived_through) > 10
    assert lived_through == _log(page)


def _log(page: Page) -> list[str]:
    """Every line of the run's log, as the page copies it for a person."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_text("investigation complete").first).to_be_visible(timeout=60_000)
    page.get_by_role("tab", name="Log").click()
    page.get_by_role("button", name="Copy the whole log").click()
    page.wait_for_timeout(500)
    return str(page.evaluate("navigator.clipboard.readText()")).splitlines()


def _hold_sockets(page: Page) -> list[WebSocketRoute]:
    """The page's sockets from here on, each passing everything through until it is cut."""
    held: list[WebSocketRoute] = []

    def pass_through(route: WebSocketRoute) -> None:
        route.connect_to_server()
        held.append(route)

    page.route_web_socket("**/ws*", pass_through)
    return held


def _cut(sockets: list[WebSocketRoute]) -> None:
    if sockets:
        sockets[-1].close(code=4000, reason="cut")


def _settled(instance: Instance, run_id: str) -> list[tuple[str, Decimal]]:
    return [
        (kind, Decimal(amount).normalize())
        for kind, amount in instance.rows(f"SELECT kind, amount_usd FROM ledger WHERE run_id = '{run_id}' ORDER BY id")
    ]
