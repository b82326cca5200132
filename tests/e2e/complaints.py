"""What a browser complains about while a page is open: errors of its scripts, errors on its console, answers that were refused."""

from types import TracebackType

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

REFUSED = ("Failed to load resource", "WebSocket connection to")  # the browser tells of every answer that is not a success


class Complaints:
    """Everything the pages of a context complain about within the block."""

    def __init__(self, context: BrowserContext) -> None:
        self.of_scripts: list[str] = []
        self.of_answers: list[str] = []
        self._context = context

    def __enter__(self) -> "Complaints":
        self._context.on("weberror", self._take_error)
        self._context.on("console", self._take_line)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._context.remove_listener("weberror", self._take_error)
        self._context.remove_listener("console", self._take_line)

    def _take_error(self, error: WebError) -> None:
        self.of_scripts.append(f"{error.page and error.page.url}: {error.error}")

    def _take_line(self, line: ConsoleMessage) -> None:
        if line.type not in ("error", "warning"):
            return
        told = self.of_answers if line.text.startswith(REFUSED) else self.of_scripts
        told.append(f"{line.location.get('url', '')}: {line.text}")
