"""One module per sender: whether it is them, and what they say. How to add one: a module with a `SOURCE`, named here."""

from functions.webhooks.sources import github, loki, sentry
from functions.webhooks.sources.shapes import Source

SOURCES = {"github": github.SOURCE, "loki": loki.SOURCE, "sentry": sentry.SOURCE}

__all__ = ["SOURCES", "Source"]
