"""One module per sender: whether it is them, and what they say. How to add one: a module with a `SOURCE`, named here."""

from functions.webhooks.sources import github
from functions.webhooks.sources.shapes import Source

SOURCES = {"github": github.SOURCE}

__all__ = ["SOURCES", "Source"]
