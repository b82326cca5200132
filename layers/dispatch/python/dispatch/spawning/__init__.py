"""Whether a run may start, waits, or is refused; the money set aside for it; and its start at the runtime."""

from dispatch.spawning.ending import cancel_issue_run, cancel_run, end_run, reap_lost_runs
from dispatch.spawning.fleet import fleet, inbox, publish_fleet, why
from dispatch.spawning.service import lock_admission, offer_waiting, request, withdraw
from dispatch.spawning.shapes import Decision, Fleet, InboxItem, Limits, NewSpawn, Spawn, SpawnState, Verdict
from dispatch.spawning.starting import resend_unstarted, start_run

__all__ = [
    "Decision",
    "Fleet",
    "InboxItem",
    "Limits",
    "NewSpawn",
    "Spawn",
    "SpawnState",
    "Verdict",
    "cancel_issue_run",
    "cancel_run",
    "end_run",
    "fleet",
    "inbox",
    "lock_admission",
    "offer_waiting",
    "publish_fleet",
    "reap_lost_runs",
    "request",
    "resend_unstarted",
    "start_run",
    "why",
    "withdraw",
]
