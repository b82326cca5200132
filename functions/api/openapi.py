"""Writes `openapi.json` at the repository's root: what clients are generated from. `python -m functions.api.openapi`."""

import json
from pathlib import Path

from functions.api.app import create_app

PLACE = Path(__file__).parents[2] / "openapi.json"


def describe() -> str:
    """The API's description as text, the same for the same routes."""
    return json.dumps(create_app().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PLACE.write_text(describe())
