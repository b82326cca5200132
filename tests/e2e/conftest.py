"""A browser, and instances to open in it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from infra.laptop import claude as claude_cli
from infra.laptop import frontend
from infra.laptop.postgres import place
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

Begin = Callable[..., Instance]


@pytest.fixture(scope="session")
def claude() -> Path:
    """The agent CLI, fetched once for all tests."""
    return claude_cli.ensure(ROOT / ".dispatch", tell=print)


@pytest.fixture(scope="session")
def site() -> None:
    """The site is built from the sources as they are."""
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
        instance.stop()
        actual = place.data_place(instance.data / "postgres", place.lesser_account())
        subprocess.run(["rm", "-rf", str(instance.data), *map(str, actual.parent.glob(f"{actual.name}*"))], check=True)


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
    """A browser of nobody yet."""
    fresh = browser.new_context(viewport={"width": 1280, "height": 900})
    fresh.set_default_timeout(20_000)
    yield fresh
    fresh.close()


@pytest.fixture
def sign_in(context: BrowserContext) -> Callable[[Instance], Page]:
    """`sign_in(instance)`: the owner's page, at the terminal."""

    def open_page(instance: Instance) -> Page:
        page = context.new_page()
        page.goto(instance.url)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("What you want").wait_for()
        return page

    return open_page
