"""The steps of a shop's life: commits, deployments, errors."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from dispatch import deployments, families, issues
from dispatch.families import NewSighting, Origin
from dispatch.issues import NewIssue
from dispatch.kit.actors import SYSTEM
from dispatch.kit.work import work
from dispatch.suspects import Suspect, list_suspects, look_for_suspects
from tests.github.deploying import deploy
from tests.github.hub import NAME, Hub

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
STACK = """Traceback (most recent call last):
  File "/app/shop/cli.py", line 3, in main
    print(total(order))
  File "/usr/local/lib/python3.12/site-packages/click/core.py", line 1130, in main
    return self.invoke(ctx)
  File "/app/shop/orders.py", line 12, in total
    return price - discount
TypeError: unsupported operand"""
LINES = [f"line {number}" for number in range(1, 41)]


class Shop:
    """A repository at the loopback GitHub; times are hours before the error began."""

    def __init__(self, hub: Hub, place: Path) -> None:
        self.hub, self.place = hub, place
        hub.repository.parent.mkdir()
        place.mkdir()
        _git(place, "init", "-q", "-b", "main", f"--separate-git-dir={hub.repository}")  # what is committed here is there
        self.files = {"shop/orders.py": list(LINES), "shop/cli.py": list(LINES), "README.md": ["A shop."], "other/orders.py": list(LINES)}
        self.first = self.commit("Begin", *self.files, hours=24 * 30)

    def commit(self, title: str, *paths: str, hours: float, line: int = 30, files: dict[str, str] | None = None) -> str:
        """A commit that changes that line of these files; returns its name."""
        for path in paths:
            lines = self.files[path]
            lines[min(line, len(lines)) - 1] += f" {title}"
            self._write(path, "\n".join(lines) + "\n")
        for path, text in (files or {}).items():
            self._write(path, text)
        moment = (BEGAN - timedelta(hours=hours)).isoformat()
        _git(self.place, "add", ".")
        _git(self.place, "commit", "-q", "-m", title, moment=moment)
        return _git(self.place, "rev-parse", "HEAD")

    def deploy(self, sha: str, *, hours: float) -> None:
        """It came to production."""
        at = BEGAN - timedelta(hours=hours)
        number = deploy(self.hub, sha, "success", at=at)
        deployment, [status] = self.hub.deployments[number]
        with work() as unit:
            body = {"deployment": deployment, "deployment_status": status, "repository": {"full_name": NAME}}
            deployments.hear_deployment_status(unit, body)

    def fail(self, message: str = "The total is wrong", *, stack: str | None = STACK, began: datetime = BEGAN) -> UUID:
        """An error has been reported, and has an issue; returns its family."""
        new = NewSighting(
            origin=Origin.GRAFANA,
            source="shop",
            feature=message,  # or one stack would make them one error
            message=message,
            stack=stack,
            first_seen=began,
            last_seen=began + timedelta(minutes=1),
        )
        with work() as unit:
            family = families.record_sighting(unit, new, unit.now).family
            if family.issue_id is None:
                issue = issues.create_issue(unit, NewIssue(title=message), actor=SYSTEM)
                unit.conn.execute("UPDATE family SET issue_id = %s WHERE id = %s", [issue.id, family.id])
        return family.id

    def come_back(self, family_id: UUID) -> None:
        """The error had been thought fixed."""
        with work() as unit:
            unit.conn.execute("UPDATE family SET cause_at = %s WHERE id = %s", [unit.now, family_id])

    def _write(self, path: str, text: str) -> None:
        file = self.place / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def suspects(family_id: UUID) -> list[Suspect]:
    """Those that a sweep has found."""
    look_for_suspects()
    with work() as unit:
        return list_suspects(unit, family_id)


def _git(place: Path, *words: str, moment: str | None = None) -> str:
    identity = ["-c", "user.name=Grace", "-c", "user.email=grace@example.invalid"]
    dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment} if moment else {}
    return subprocess.run(
        ["git", *identity, *words], cwd=place, check=True, capture_output=True, text=True, env={**os.environ, **dates}
    ).stdout.strip()
