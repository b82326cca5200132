"""What a person sees while the laptop is set up: one line per step, a spinner where the terminal can show one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

WORTH_TELLING_S = 1.0  # quicker steps are shown without their time


class Progress:
    """The lines of one command, on standard output. NO_COLOR and pipes are respected, by rich."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """The title turns while the step runs and gets its mark at the end; what is called with a word shows it beside the title."""
        started = time.monotonic()
        if not self.console.is_terminal:
            self.say(f"  {title} …")
        with self.console.status(escape(title)) as status:
            try:
                yield lambda word: status.update(f"{escape(title)} [dim]{escape(word)}[/dim]")
            except BaseException:
                self.console.print(f"[red]✗[/red] {escape(title)}", highlight=False)
                raise
        took = time.monotonic() - started
        time_taken = f" [dim]{took:.1f} s[/dim]" if took >= WORTH_TELLING_S else ""
        self.console.print(f"[green]✓[/green] {escape(title)}{time_taken}", highlight=False)

    def say(self, line: str) -> None:
        """One line, as it is."""
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def complain(self, line: str) -> None:
        """One line that explains why something did not work."""
        self.console.print(f"[red]{escape(line)}[/red]", highlight=False, soft_wrap=True)
