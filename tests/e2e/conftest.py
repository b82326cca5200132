"""A browser, and instances to open in it.

An instance takes seconds to start and a browser's window half a second to open: tests share both, and find the window empty.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect, sync_playwright

from infra.laptop import claude as claude_cli
from infra.laptop import frontend
from tests.e2e.complaints import Complaints
from tests.e2e.instance import PASSWORD, ROOT, Instance

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")  # the lightest first
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 60_000  # a busy machine is no fault, and what is there at once costs no wait
TEST_S = 300

expect.set_options(timeout=PATIENCE_MS)

Begin = Callable[..., Instance]
Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TEST_S))


@pytest.fixture(scope="session")
def claude() -> Path:
    """The agent CLI, fetched once for all tests."""
    return claude_cli.ensure(ROOT / ".dispatch", tell=print)


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory, claude: Path) -> Iterator[Instance]:
    """An instance that tests share: none of them may mind what others left there. Its model loses no time."""
    yield from running(Instance(tmp_path_factory.mktemp("shared") / "data", claude=claude, SCRIPTED_MODEL_PACE_MS="1"))


@pytest.fixture(scope="session")
def slow_instance(tmp_path_factory: pytest.TempPathFactory, claude: Path) -> Iterator[Instance]:
    """The same with a model that speaks slowly enough to be interrupted, and may call tools once in a turn."""
    settings = {"SCRIPTED_MODEL_PACE_MS": "60", "ORCHESTRATOR_MAX_TOOL_ROUNDS": "1"}
    yield from running(Instance(tmp_path_factory.mktemp("slow") / "data", claude=claude, **settings))


@pytest.fixture
def new_instance(tmp_path: Path, claude: Path) -> Iterator[Instance]:
    """An instance where nothing has been done yet."""
    yield from running(Instance(tmp_path / "data", claude=claude, SCRIPTED_MODEL_PACE_MS="3"))


@pytest.fixture(scope="session")
def planned(instance: Instance) -> str:
    """An issue whose investigation has ended with a plan, which waits for a person. It stays as it is."""
    issue = instance.new_issue("The total is wrong for orders with a discount", priority="P1", labels=["billing"])
    instance.spawn(issue)
    instance.finished_run(issue)
    return issue


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium: `CHROMIUM`, this machine's, or the one that `playwright install` fetched."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    opened = playwright.chromium.launch(executable_path=found, args=QUIET)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's window, which keeps the site's files from test to test."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


@pytest.fixture
def context(window: BrowserContext) -> Iterator[BrowserContext]:
    """The window of nobody yet; no script of its pages may complain while it is theirs."""
    with Complaints(window) as complaints:
        yield window
        for page in window.pages:
            page.close()
    window.clear_permissions()
    window.set_storage_state({"cookies": [], "origins": []})
    assert complaints.of_scripts == []


@pytest.fixture
def sign_in(context: BrowserContext) -> Callable[[Instance], Page]:
    """`sign_in(instance)`: the owner's page, at the terminal."""

    def open_page(instance: Instance) -> Page:
        page = context.new_page()
        page.goto(instance.url)
        fill_in(page)
        page.get_by_label("What you want").wait_for()
        return page

    return open_page


@pytest.fixture
def show(context: BrowserContext, instance: Instance) -> Open:
    """`show("/board")`: a page of the owner, who signed in before, at that address of the instance."""

    def open_page(path: str = "/") -> Page:
        context.add_cookies([instance.cookie()])
        page = context.new_page()
        page.goto(instance.url + path)
        return page

    return open_page


def running(instance: Instance) -> Iterator[Instance]:
    """It starts while one of us builds the site; in the end it is gone, and what it kept."""
    instance.launch()
    _build_site()
    instance.wait_until_up()
    yield instance
    instance.end_jobs()
    instance.remove()


def fill_in(page: Page, password: str = PASSWORD) -> None:
    """The password is sent."""
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def live(page: Page) -> None:
    """The page is there, and connected."""
    expect(page.get_by_role("banner").get_by_text("Live", exact=True)).to_be_attached()


@contextmanager
def held_back(page: Page, where: str | re.Pattern[str]) -> Iterator[None]:
    """What the page asks for there is not answered before the end of the block."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(where, hold)
    yield
    assert waiting
    for route in waiting:
        route.continue_()
    page.unroute(where, hold)


def _build_site() -> None:
    """The site is built from the sources as they are, by whoever comes first."""
    (ROOT / ".dispatch").mkdir(exist_ok=True)
    with (ROOT / ".dispatch" / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        frontend.build_if_stale(ROOT / "frontend", tell=print)
