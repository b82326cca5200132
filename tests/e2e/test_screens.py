"""Every screen, in both themes and at both widths: for everybody to use, inside its window, and without a complaint.

A picture of each is kept in `tests/e2e/pictures/`, to be looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests import hooks
from tests.e2e.alerts import alert
from tests.e2e.complaints import Complaints
from tests.e2e.instance import ROOT, Instance

pytestmark = pytest.mark.browser

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = Path(__file__).with_name("pictures")
WIDTHS: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], "resultTypes": ["violations"]}


NAMES = [
    "sign-in",
    "terminal",
    "terminal with a chat",
    "board",
    "errors",
    "error",
    "fleet",
    "settings",
    "issue with a plan",
    "issue with a finished run",
    "issue of an error",
]


@dataclass(frozen=True)
class Screen:
    """A screen as somebody has it before them, and all it complained about."""

    name: str
    page: Page
    complaints: Complaints


@pytest.fixture(scope="session")
def windows(browser: Browser) -> Iterator[dict[str, BrowserContext]]:
    """A window of each width."""
    opened = {
        width: browser.new_context(viewport=size, has_touch=width == "phone", is_mobile=width == "phone", reduced_motion="reduce")
        for width, size in WIDTHS.items()
    }
    yield opened
    for window in opened.values():
        window.close()


@pytest.fixture(scope="session")
def implemented(instance: Instance) -> str:
    """An issue whose implementation has ended, with a pull request."""
    issue = instance.new_issue("The total is wrong for orders with a discount, for members")
    instance.spawn(issue)
    instance.finished_run(issue)
    approved = instance.ask("POST", f"/api/issues/{issue}/plan", {"action": "approve", "version": 1})
    run = instance.finished_run(issue)
    assert run["id"] == approved["spawn"]["run_id"]
    branch = instance.ask("GET", f"/api/runs/{run['id']}")["patch"]["branch"]
    pull = hooks.pull(71, state="draft", repository=instance.repository(), branch=branch)
    instance.hear("pull_request", {"action": "opened", "pull_request": pull})
    return issue


@pytest.fixture(scope="session")
def erring(instance: Instance) -> dict[str, Any]:
    """An error whose fix is merged."""
    message = "The till adds up to something else every time it is asked, for one customer and not for another"
    instance.report(
        alert(message, seen=120, release="2026.11.20"), alert("The scanner reads yesterday's prices", source="till", level="fatal")
    )
    [family] = instance.ask("GET", f"/api/errors?{urlencode({'query': 'The till adds up'})}")["items"]
    title = f"Add up once ({family['issue']['identifier']})"
    merged = hooks.pull(91, state="merged", title=title, repository=instance.repository(), sha=f"{91:040x}", minutes=59)
    instance.hear("pull_request", {"action": "closed", "pull_request": merged})
    return dict(family)


@pytest.fixture(scope="session")
def chat(instance: Instance) -> str:
    """A chat in which something is asked of the person."""
    made = str(instance.ask("POST", "/api/chats", {})["id"])
    instance.ask("POST", f"/api/chats/{made}/turns", {"text": "/help"})
    instance.ask("POST", f"/api/chats/{made}/turns", {"text": "Umbrellas are listed as shoes, look into it"})
    return made


@pytest.fixture(scope="session")
def full_board(instance: Instance, planned: str) -> None:
    """A board with a bit of everything."""
    instance.new_issue(
        "Receipts are printed twice when the till is offline for more than a minute", priority="P2", labels=["till", "billing"]
    )
    instance.new_issue("Say which currency a price is in", status="In Progress", priority="P4")


@pytest.fixture(scope="module", params=list(product(NAMES, ["dark", "light"], WIDTHS)), ids=" ".join)
def screen(request: pytest.FixtureRequest, windows: dict[str, BrowserContext], instance: Instance, full_board: None) -> Iterator[Screen]:
    """A screen, when all of it is there."""
    name, theme, width = request.param
    window = windows[width]
    window.clear_cookies()
    if name != "sign-in":
        window.add_cookies([instance.cookie()])
    with Complaints(window) as complaints:
        page = window.new_page()
        page.emulate_media(color_scheme=theme)
        page.goto(instance.url + _address(name, request))
        _wait_for_all_of(page, name)
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{name.replace(' ', '-')}.{theme}.{width}.png")
        yield Screen(name, page, complaints)
        page.close()


def test_a_screen_is_for_everybody_to_use(screen: Screen) -> None:
    screen.page.evaluate(AXE.read_text())

    found = screen.page.evaluate("rules => axe.run(document, rules)", RULES)

    assert [_told(violation) for violation in found["violations"]] == []


def test_a_screen_stays_inside_its_window(screen: Screen) -> None:
    widths = screen.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

    assert widths[0] <= widths[1]


def test_a_screen_complains_about_nothing(screen: Screen) -> None:
    assert screen.complaints.of_scripts + screen.complaints.of_answers == []


def _address(name: str, request: pytest.FixtureRequest) -> str:
    match name:
        case "sign-in":
            return "/sign-in"
        case "terminal":
            return "/?chat=new"
        case "terminal with a chat":
            return f"/?chat={request.getfixturevalue('chat')}"
        case "board" | "fleet" | "settings":
            return f"/{name}"
        case "errors":
            request.getfixturevalue("erring")
            return "/errors"
        case "error":
            return f"/errors/{request.getfixturevalue('erring')['id']}"
        case "issue of an error":
            return f"/issue/{request.getfixturevalue('erring')['issue']['identifier']}"
        case "issue with a plan":
            return f"/issue/{request.getfixturevalue('planned')}"
        case _:
            return f"/issue/{request.getfixturevalue('implemented')}"


def _wait_for_all_of(page: Page, name: str) -> None:
    there = {
        "sign-in": page.get_by_label("Password"),
        "terminal": page.get_by_text("Try one of these"),
        "terminal with a chat": page.get_by_role("button", name="Not now"),
        "board": page.get_by_role("article").first,
        "errors": page.get_by_role("list", name="Errors").get_by_role("listitem").first,
        "error": page.get_by_role("list", name="Sightings").get_by_role("listitem").first,
        "issue of an error": page.get_by_role("region", name=re.compile("^The fix")),
        "fleet": page.get_by_role("region", name="Runs").get_by_role("row").nth(1),
        "settings": page.get_by_label("Agents in all"),
        "issue with a plan": page.get_by_role("button", name="Approve and implement"),
        "issue with a finished run": page.get_by_role("region", name="Pull request").get_by_role("article"),
    }
    expect(there[name]).to_be_visible()
    if name != "sign-in":
        expect(page.get_by_text(re.compile("^Live$"))).to_be_attached()
        expect(page.get_by_text("Loading", exact=False)).to_have_count(0)


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{' '.join(node['target'])}: {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['help']}) at {places}"
