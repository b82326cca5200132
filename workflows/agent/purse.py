"""A run's cap, and how it holds: a call cannot be taken back, so the purse looks one call ahead."""

from dataclasses import dataclass

from agent.meter import Meter

LAND_AT = 0.8  # of the cap: what is left pays for the commit and the hand-off


@dataclass(frozen=True)
class Purse:
    """What one run may spend, and what its meter says of it."""

    cap_usd: float
    meter: Meter

    def has_to_land(self) -> bool:
        """Whether the agent's next call may cross the landing line, or would leave no room for the call that lands."""
        return self._after(1) >= round(LAND_AT * self.cap_usd, 6) or self._after(2) > self.cap_usd

    def is_spent(self, *, had_its_call: bool) -> bool:
        """Whether the cap has been reached, or would be passed by one more call like the last.

        An agent that was told to land gets one call to do so, whatever it may cost: `had_its_call` says that it had it.
        """
        would_pass = had_its_call and self._after(1) > self.cap_usd
        return would_pass or self.meter.metered_usd >= self.cap_usd

    def why_land(self) -> str:
        """The sentence that tells the agent, and people, that it has to land."""
        words = f"${self.meter.metered_usd:.2f} of the run's cap of ${self.cap_usd:.2f} is spent, and the landing line is at {LAND_AT:.0%}."
        calls = self._calls_left()
        return f"{words} There is room for {calls} more call{'' if calls == 1 else 's'} like the last." if calls < 10 else words

    def why_over(self) -> str:
        """The sentence that people read when the agent was ended for its cap."""
        if self.meter.metered_usd >= self.cap_usd:
            return f"The run reached its cap of ${self.cap_usd:.2f}."
        return f"The run's cap of ${self.cap_usd:.2f} has no room for another call: ${self.meter.metered_usd:.2f} is spent."

    def _after(self, calls: int) -> float:
        """Dollars spent after so many calls more."""
        return round(self.meter.metered_usd + calls * self.meter.next_call_usd, 6)

    def _calls_left(self) -> int:
        ahead = self.meter.next_call_usd
        return int((self.cap_usd - self.meter.metered_usd) / ahead + 1e-6) if ahead else 10
