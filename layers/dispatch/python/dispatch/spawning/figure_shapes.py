"""The shapes of the figures that are looked at from outside."""

from decimal import Decimal

from dispatch.kit.shapes import Shape


class Counted(Shape):
    """What happened in a minute, and what waits at its end."""

    spawns_admitted: int = 0
    spawns_refused: int = 0
    spawns_waiting: int = 0
    oldest_waiting_s: float = 0
    runs_started: int = 0
    runs_finished: int = 0
    runs_failed: int = 0


class Figures(Counted):
    """The same, with what is underway and today's money. `ledger_used` is the part of today's limit that is settled or set aside."""

    runs_unfinished: int
    settled_usd: Decimal
    reserved_usd: Decimal
    ledger_used: Decimal
