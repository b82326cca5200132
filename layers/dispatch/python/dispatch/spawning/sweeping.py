"""The sweep's duties for runs, all at once: for a person who will not wait for the schedule."""

from dispatch.kit.work import work
from dispatch.spawning.ending import reap_lost_runs
from dispatch.spawning.offering import offer_waiting
from dispatch.spawning.past_shapes import Cleaned
from dispatch.spawning.starting import resend_unstarted


def clean_up() -> Cleaned:
    """Lost runs are ended, unstarted ones sent again, and what waits is offered; each in a work of its own, so none may be open."""
    lost, resent = reap_lost_runs(), resend_unstarted()
    with work() as unit:
        offered = len(offer_waiting(unit))
    return Cleaned(lost=lost, resent=resent, offered=offered)
