"""The main job while things break: the page is closed, the socket is cut, the server stops or dies. Nothing is lost, doubled or paid twice."""

import random
from decimal import Decimal

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.conftest import Open, live
from tests.e2e.instance import Instance, until

pytestmark = pytest.mark.browser

BUG = "The total is wrong for orders with a discount"
CUTS = 10
RUN_MS = 120_000


@pytest.fixture
def instance(slow_instance: Instance) -> Instance:
    """There is time to break something while its agents work."""
    return slow_instance


def test_a_run_outlives_the_page_ten_cut_sockets_and_a_killed_server(show: Open, instance: Instance) -> None:
    page = show("/board")
    sockets = _hold_sockets(page)
    issue = instance.new_issue(BUG)
    spawn = instance.spawn(issue)
    page.goto(f"{instance.url}/issue/{issue}")
    expect(page.get_by_text("running", exact=False).first).to_be_visible(timeout=RUN_MS)

    _cut_ten_times(page, sockets)
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


def test_a_page_whose_socket_is_cut_ten_times_shows_every_line_once(show: Open, instance: Instance) -> None:
    page = show("/board")
    sockets = _hold_sockets(page)
    issue = instance.new_issue(BUG)
    instance.spawn(issue)
    page.goto(f"{instance.url}/issue/{issue}")

    _cut_ten_times(page, sockets)
    instance.finished_run(issue)

    written = _log(show(f"/issue/{issue}"))
    assert len(written) > 10
    until(lambda: _log(page) == written, 60, lambda: f"{_log(page)}\n\nis not what is written:\n\n{written}")


def test_pages_say_that_the_server_is_away_and_go_on_when_it_is_back(show: Open, instance: Instance) -> None:
    board, chat = show("/board"), show("/?chat=new")
    _say(chat, "/help")
    expect(chat.get_by_role("cell", name="/why ID")).to_be_visible()
    live(board)
    live(chat)

    instance.stop()
    for page in (board, chat):
        expect(page.get_by_text("The server cannot be reached.", exact=False).first).to_be_visible()
    instance.start()

    for page in (board, chat):
        live(page)
        expect(page.get_by_role("button", name="Connect now")).to_have_count(0)
    instance.new_issue("Made after the pause")
    expect(board.get_by_role("link", name="Made after the pause")).to_be_visible()
    _say(chat, "/spend")
    expect(chat.get_by_role("article", name="You said: /spend")).to_contain_text("Runs today")
    chat.reload()
    expect(chat.get_by_role("article", name="You said: /help")).to_contain_text("/why ID")
    expect(chat.get_by_role("article", name="You said: /spend")).to_contain_text("Runs today")


def _log(page: Page) -> list[str]:
    """Every line of the run's log, as the page copies it for a person."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    expect(page.get_by_text("investigation complete").first).to_be_visible()
    page.get_by_role("tab", name="Log").click()
    page.bring_to_front()
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name="Copy the whole log").click()
    return str(until(lambda: page.evaluate("navigator.clipboard.readText()"), 60, "the log was never copied")).splitlines()


def _hold_sockets(page: Page) -> list[WebSocketRoute]:
    """The page's sockets from its next address on, each passing everything through until it is cut."""
    held: list[WebSocketRoute] = []

    def pass_through(route: WebSocketRoute) -> None:
        route.connect_to_server()
        held.append(route)

    page.route_web_socket("**/ws*", pass_through)
    return held


def _cut_ten_times(page: Page, sockets: list[WebSocketRoute]) -> None:
    for _ in range(CUTS):
        page.wait_for_timeout(random.randint(100, 500))
        if sockets:
            sockets[-1].close(code=4000, reason="cut")


def _say(page: Page, words: str) -> None:
    page.get_by_label("What you want").fill(words)
    page.keyboard.press("Enter")


def _settled(instance: Instance, run_id: str) -> list[tuple[str, Decimal]]:
    return [
        (kind, Decimal(amount).normalize())
        for kind, amount in instance.rows(f"SELECT kind, amount_usd FROM ledger WHERE run_id = '{run_id}' ORDER BY id")
    ]
