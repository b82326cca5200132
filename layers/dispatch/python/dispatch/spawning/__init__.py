"""Whether a run may start, waits, or is refused; the money set aside for it; and its start at the runtime."""

from dispatch.spawning.access import Access, AccessCheck, check_access
from dispatch.spawning.admitting import lock_admission
from dispatch.spawning.asking import request, request_for_error
from dispatch.spawning.changing import change_policy, get_policy, list_versions
from dispatch.spawning.ending import cancel_issue_run, cancel_run, end_run, hear_heartbeat, hear_job_ended, reap_lost_runs
from dispatch.spawning.fact_shapes import Cause, Verdict
from dispatch.spawning.figure_shapes import Figures
from dispatch.spawning.figures import figures
from dispatch.spawning.fleet import fleet, inbox, list_decisions, why
from dispatch.spawning.forecast import forecast, get_forecast
from dispatch.spawning.handing_over import get_packet, list_refuted, review_attempts
from dispatch.spawning.handover_shapes import Packet, Refuted, Tried
from dispatch.spawning.healing import note_healed
from dispatch.spawning.hearing import GITHUB_EVENTS, hear_github
from dispatch.spawning.limit_shapes import BreakerNow, BreakerRef, BreakerScope, KillSwitch, NewSwitch, Policy, PolicyChange, SwitchScope
from dispatch.spawning.offering import force, offer_waiting, withdraw
from dispatch.spawning.past import list_ledger, stats
from dispatch.spawning.past_shapes import Cleaned, EndedRun, Forecast, LedgerPage, Stats
from dispatch.spawning.replay import decide_again, replay
from dispatch.spawning.replay_shapes import NewReplay, Replay
from dispatch.spawning.rounds import begin_rounds, look_at_reviews
from dispatch.spawning.shapes import Decision, DecisionFilter, DecisionPage, Fleet, InboxItem, NewSpawn, Purse, Spawn, SpawnState
from dispatch.spawning.starting import note_quiet_runs, reap_ended_jobs, resend_unstarted, start_run, stop_at_runtime
from dispatch.spawning.sweeping import clean_up
from dispatch.spawning.switches import close_switch, list_switches, open_switch, reset_breaker
from dispatch.spawning.telling import publish_fleet

__all__ = [
    "GITHUB_EVENTS",
    "Access",
    "AccessCheck",
    "BreakerNow",
    "BreakerRef",
    "BreakerScope",
    "Cause",
    "Cleaned",
    "Decision",
    "DecisionFilter",
    "DecisionPage",
    "EndedRun",
    "Figures",
    "Fleet",
    "Forecast",
    "InboxItem",
    "KillSwitch",
    "LedgerPage",
    "NewReplay",
    "NewSpawn",
    "NewSwitch",
    "Packet",
    "Policy",
    "PolicyChange",
    "Purse",
    "Refuted",
    "Replay",
    "Spawn",
    "SpawnState",
    "Stats",
    "SwitchScope",
    "Tried",
    "Verdict",
    "begin_rounds",
    "cancel_issue_run",
    "cancel_run",
    "change_policy",
    "check_access",
    "clean_up",
    "close_switch",
    "decide_again",
    "end_run",
    "figures",
    "fleet",
    "force",
    "forecast",
    "get_forecast",
    "get_packet",
    "get_policy",
    "hear_github",
    "hear_heartbeat",
    "hear_job_ended",
    "inbox",
    "list_decisions",
    "list_ledger",
    "list_refuted",
    "list_switches",
    "list_versions",
    "lock_admission",
    "look_at_reviews",
    "note_healed",
    "note_quiet_runs",
    "offer_waiting",
    "open_switch",
    "publish_fleet",
    "reap_ended_jobs",
    "reap_lost_runs",
    "replay",
    "request",
    "request_for_error",
    "resend_unstarted",
    "reset_breaker",
    "review_attempts",
    "start_run",
    "stats",
    "stop_at_runtime",
    "why",
    "withdraw",
]
