"""When the site has to be built again."""

import os
from pathlib import Path

import pytest

from infra.laptop import frontend


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    for name in ("src/app.html", "src/app.test.ts", "package.json", "build/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for path in tmp_path.rglob("*"):
        os.utime(path, (1000, 1000))
    os.utime(tmp_path / "build/index.html", (2000, 2000))
    return tmp_path


def test_a_site_newer_than_its_sources_is_left(sources: Path) -> None:
    assert not frontend.is_stale(sources)


@pytest.mark.parametrize("name", ["src/app.html", "package.json", "src"])
def test_a_source_newer_than_the_site_makes_it_stale(sources: Path, name: str) -> None:
    os.utime(sources / name, (3000, 3000))

    assert frontend.is_stale(sources)


def test_a_test_is_no_source(sources: Path) -> None:
    os.utime(sources / "src/app.test.ts", (3000, 3000))

    assert not frontend.is_stale(sources)


def test_a_missing_site_is_stale(sources: Path) -> None:
    (sources / "build/index.html").unlink()

    assert frontend.is_stale(sources)


def test_without_sources_there_is_nothing_to_build(tmp_path: Path) -> None:
    assert not frontend.is_stale(tmp_path)
