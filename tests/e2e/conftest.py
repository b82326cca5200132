"""A browser, and instances to open in it."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect, sync_playwright

from infra.laptop import claude as claude_cli
from infra.laptop import frontend
from infra.laptop.postgres import place
from tests.e2e.complaints import Complaints
from tests.e2e.instance import PASSWORD, ROOT, Instance

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=20_000)  # a busy machine is no fault

Begin = Callable[..., Instance]
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def claude() -> Path:
    """The agent CLI, fetched once for all tests."""
    return claude_cli.ensure(ROOT / ".dispatch", tell=print)


@pytest.fixture(scope="session")
def site() -> None:
    """The site is built from the sources as they are, by one of us."""
    (ROOT / ".dispatch").mkdir(exist_ok=True)
    with (ROOT / ".dispatch" / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        frontend.build_if_stale(ROOT / "frontend", tell=print)


@pytest.fixture
def begin(tmp_path: Path, claude: Path, site: None) -> Iterator[Begin]:
    """`begin(NAME="value")`: a fresh instance with these settings."""
    instances: list[Instance] = []

    def new(**settings: str) -> Instance:
        instance = Instance(tmp_path / f"data{len(instances)}", claude=claude, **settings)
        instances.append(instance)
        instance.start()
        return instance

    yield new
    for instance in instances:
        _end(instance)


@pytest.fixture(scope="module")
def instance(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, claude: Path, site: None) -> Iterator[Instance]:
    """An instance that the tests of a module share; its settings are the module's `SETTINGS`, and a model that loses no time."""
    settings = {"SCRIPTED_MODEL_PACE_MS": "1"} | getattr(request.module, "SETTINGS", {})
    shared = Instance(tmp_path_factory.mktemp("shared") / "data", claude=claude, **settings)
    shared.start()
    yield shared
    _end(shared)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium: `CHROMIUM`, this machine's, or the one that `playwright install chromium` fetched."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    opened = playwright.chromium.launch(executable_path=found, args=QUIET)
    yield opened
    opened.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of nobody yet; no script of its pages may have complained when it is closed."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    fresh.set_default_timeout(20_000)
    complaints = Complaints(fresh)
    yield fresh
    fresh.close()
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
    """`show("/board")`: a page of the owner, who signed in before, at that address of the shared instance."""

    def open_page(path: str = "/") -> Page:
        context.add_cookies([instance.cookie()])
        page = context.new_page()
        page.goto(instance.url + path)
        return page

    return open_page


def fill_in(page: Page, password: str = PASSWORD) -> None:
    """The password is sent."""
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


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


def _end(instance: Instance) -> None:
    """The instance is gone, and what it kept."""
    instance.end_jobs()
    instance.stop()
    actual = place.data_place(instance.data / "postgres", place.lesser_account())
    subprocess.run(["rm", "-rf", str(instance.data), *map(str, actual.parent.glob(f"{actual.name}*"))], check=True)
