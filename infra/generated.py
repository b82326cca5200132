"""What is made from code and kept in the repository: the README's settings, `openapi.json`, what AWS costs. `--check` only compares."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from dispatch.kit.settings import Limits, Settings
from infra.costs import table

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- settings: made by `make openapi` -->", "<!-- /settings -->"


def main(arguments: list[str]) -> int:
    """Writes each file anew, or, with `--check`, names those that are not current and returns 1."""
    stale = [path for path, write in FILES.items() if path.read_text() != write(path)] if "--check" in arguments else []
    for path, write in FILES.items():
        if "--check" not in arguments:
            path.write_text(write(path))
    for path in stale:
        print(f"{path.relative_to(ROOT)} is not current: run `make openapi`.")
    return 1 if stale else 0


def readme(path: Path) -> str:
    """The README with its settings table made anew."""
    fields = [item for item in Settings.model_fields.items() if item[0] not in Limits.model_fields] + list(Limits.model_fields.items())
    table = "\n".join(["| Setting | Default | What it does |", "|---|---|---|", *map(_row, fields)])
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}\n{table}\n{END}", path.read_text(), flags=re.DOTALL)


def costs(path: Path) -> str:
    """The page on AWS with its table of costs made anew."""
    begin, end = "<!-- costs: made by `make openapi` -->", "<!-- /costs -->"
    made = f"{begin}\n{table()}\n{end}"
    return re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: made, path.read_text(), flags=re.DOTALL)


def openapi(_path: Path) -> str:
    """The API as OpenAPI 3.1, from its routes."""
    from functions.api.app import create_app

    return json.dumps(create_app().openapi(), indent=1, sort_keys=True) + "\n"


def _row(setting: tuple[str, FieldInfo]) -> str:
    name, field = setting
    return f"| `{name.upper()}` | {_default(field)} | {field.description} |"


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if value is None or isinstance(value, SecretStr) or value in ("", {}, []):
        return ""
    if isinstance(value, list):
        return f"`{','.join(value)}`"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


FILES: dict[Path, Callable[[Path], str]] = {
    ROOT / "README.md": readme,
    ROOT / "openapi.json": openapi,
    ROOT / "docs" / "cloud.md": costs,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
