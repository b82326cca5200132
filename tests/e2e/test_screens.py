"""Every screen, in both themes and at both widths: for everybody to use, inside its window, and without a complaint.

A picture of each is kept in `tests/e2e/pictures/`, to be looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.complaints import Complaints
from tests.e2e.instance import ROOT, Instance

pytestmark = pytest.mark.browser

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(__file__).with_name("pictures")
BUG = "The total is wrong for orders with a discount"
WIDTHS = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass(frozen=True)
class Screen:
    """A screen as somebody has it before them, and all it complained about."""

    name: str
    page: Page
    complaints: Complaints


@pytest.fixture(scope="module")
def issues(instance: Instance) -> dict[str, str]:
    """One issue that waits for a plan's approval, one whose implementation has ended, and a board with a bit of everything."""
    planned, implemented = instance.new_issue(BUG, priority="P1", labels=["billing"]), instance.new_issue(f"{BUG}, for members")
    for issue in (planned, implemented):
        instance.spawn(issue)
    for issue in (planned, implemented):
        instance.finished_run(issue)
    approved = instance.ask("POST", f"/api/issues/{implemented}/plan", {"action": "approve", "version": 1})
    instance.new_issue(
        "Receipts are printed twice when the till is offline for more than a minute", priority="P2", labels=["till", "billing"]
    )
    instance.new_issue("Say which currency a price is in", status="In Progress", priority="P4")
    assert instance.finished_run(implemented)["id"] == approved["spawn"]["run_id"]
    return {"issue with a plan": planned, "issue with a finished run": implemented}


@pytest.fixture(scope="module")
def addresses(instance: Instance, issues: dict[str, str]) -> dict[str, str]:
    """Where each screen is."""
    chat = instance.ask("POST", "/api/chats", {})["id"]
    instance.ask("POST", f"/api/chats/{chat}/turns", {"text": "/help"})
    instance.ask("POST", f"/api/chats/{chat}/turns", {"text": "Gift cards are refused at the till, look into it"})
    named = {name: f"/issue/{issue}" for name, issue in issues.items()}
    return {"sign-in": "/sign-in", "terminal": "/?chat=new", "terminal with a chat": f"/?chat={chat}", "board": "/board"} | named


NAMES = ["sign-in", "terminal", "terminal with a chat", "board", "issue with a plan", "issue with a finished run"]


@pytest.fixture(scope="module", params=list(product(NAMES, ["dark", "light"], WIDTHS)), ids=" ".join)
def screen(request: pytest.FixtureRequest, browser: Browser, instance: Instance, addresses: dict[str, str]) -> Iterator[Screen]:
    """A screen, when all of it is there."""
    name, theme, width = request.param
    is_phone = width == "phone"
    context = browser.new_context(
        viewport=WIDTHS[width], color_scheme=theme, has_touch=is_phone, is_mobile=is_phone, reduced_motion="reduce"
    )
    complaints = Complaints(context)
    if name != "sign-in":
        context.add_cookies([instance.cookie()])
    page = context.new_page()
    page.goto(instance.url + addresses[name])
    _wait_for_all_of(page, name)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name.replace(' ', '-')}.{theme}.{width}.png")
    yield Screen(name, page, complaints)
    context.close()


def test_a_screen_is_for_everybody_to_use(screen: Screen) -> None:
    screen.page.evaluate(AXE.read_text())

    found = screen.page.evaluate("rules => axe.run(document, rules)", RULES)

    assert [_told(violation) for violation in found["violations"]] == []


def test_a_screen_stays_inside_its_window(screen: Screen) -> None:
    widths = screen.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

    assert widths[0] <= widths[1]


def test_a_screen_complains_about_nothing(screen: Screen) -> None:
    assert screen.complaints.of_scripts + screen.complaints.of_answers == []


def _wait_for_all_of(page: Page, name: str) -> None:
    there = {
        "sign-in": page.get_by_label("Password"),
        "terminal": page.get_by_text("Try one of these"),
        "terminal with a chat": page.get_by_role("button", name="Not now"),
        "board": page.get_by_role("article").first,
        "issue with a plan": page.get_by_role("button", name="Approve and implement"),
        "issue with a finished run": page.get_by_role("list", name="Commits"),
    }
    expect(there[name]).to_be_visible()
    if name != "sign-in":
        expect(page.get_by_text(re.compile("^Live$"))).to_be_attached()
        expect(page.get_by_text("Loading", exact=False)).to_have_count(0)


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{' '.join(node['target'])}: {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['help']}) at {places}"
