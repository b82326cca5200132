"""Who acts for a run: the claim, its token, the heartbeat and what it brings back."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from psycopg.types.json import Jsonb

from dispatch.clients import github_actions
from dispatch.kit.actors import Actor, ActorKind
from dispatch.kit.errors import BadInput, StaleClaim
from dispatch.kit.events import Event
from dispatch.kit.ids import hash_token, new_id, new_token
from dispatch.kit.work import Work
from dispatch.runs import message_store, store
from dispatch.runs.events import landing_line, publish_line
from dispatch.runs.jobs import note_external
from dispatch.runs.patch_shapes import Checkout
from dispatch.runs.protocol import Claimed, Directives, Heartbeat, NewClaim
from dispatch.runs.service import announce, get_run, hold_claim, note_quiet, tell
from dispatch.runs.shapes import AlreadyClaimed, Outcome, Run, RunIsFinished, State
from dispatch.runs.workflows import workflow_named

SLACK = timedelta(minutes=30)  # a token outlives its run's limit by this: set-up, checks and catching up come on top

AGENT = Actor(kind=ActorKind.AGENT, name="agent")


def claim_run(work: Work, run_id: UUID, claim: NewClaim) -> Claimed:
    """The run is this job's and of no other; asked again with the same nonce, it gets a new token for the one that was lost.

    Raises StaleClaim, AlreadyClaimed or RunIsFinished.
    """
    run = get_run(work, run_id, lock=True)
    if run.generation != claim.generation:
        raise StaleClaim
    if run.state is State.FINISHED:
        raise RunIsFinished
    claim_hash = hash_token(claim.nonce) if claim.nonce else None
    repeated = run.state is State.RUNNING
    if repeated and not (claim_hash and store.is_claimed_by(work.conn, run_id, claim_hash)):
        raise AlreadyClaimed
    token = new_token("dr")
    expires_at = work.now + workflow_named(run.workflow).time_limit + SLACK
    store.set_claimed(work.conn, run_id, claim_hash=claim_hash, token_hash=hash_token(token), expires_at=expires_at, at=work.now)
    _note_job(work, run, claim)
    run = get_run(work, run_id)
    if not repeated:
        announce(work, run)
        tell(work, run, Event.RUN_STARTED, actor=AGENT, public=True)
    return Claimed(run=run, token=token)


def note_brief(work: Work, run_id: UUID, brief: str, *, trust: str, checkout: Checkout | None) -> None:
    """What the agent is told is kept with its run, for people to read; the least origin in it, and the commit it begins on, too."""
    store.set_brief(work.conn, run_id, brief, trust=trust, checkout=checkout)


def find_run_by_token(work: Work, token: str) -> Run | None:
    """The run this token acts for; None where it is unknown or has expired."""
    run_id = store.find_by_token(work.conn, hash_token(token))
    run = store.select_run(work.conn, run_id) if run_id else None
    if run is None or run.token_expires_at is None or run.token_expires_at < work.now:
        return None
    return run


def heartbeat(work: Work, run_id: UUID, beat: Heartbeat) -> Directives:
    """The run lives; what people said to it is handed over until the runner says that it has heard it. Raises StaleClaim.

    A runner whose run was ended without it may still say that its agent is quiet.
    """
    run = get_run(work, run_id, lock=True)
    if run.generation == beat.generation and (run.outcome is Outcome.CANCELLED or (run.outcome is Outcome.LOST and beat.quiet)):
        if beat.quiet:
            note_quiet(work, run_id)
        return Directives(directive="cancel")
    run = hold_claim(work, run_id, beat.generation)
    store.set_heartbeat(work.conn, run_id, metered_usd=beat.metered_usd, at=work.now)
    spent = max(run.metered_usd or Decimal(), Decimal(str(beat.metered_usd or 0)))
    for message in message_store.set_delivered(work.conn, run_id, beat.heard, at=work.now):
        publish_line(work, run, f"Delivered to the agent: {message.text}", delivered=message.id)
    waiting = message_store.select_waiting(work.conn, run_id)
    return Directives(directive="land" if spent >= landing_line(run) else "continue", say=waiting)


def say(work: Work, run_id: UUID, *, text: str, actor: Actor) -> UUID:
    """A person's words wait for the running agent's next heartbeat, and show in its stream. Raises BadInput, RunIsFinished."""
    if not text.strip() or len(text) > 20_000:
        raise BadInput("Say something, in at most 20,000 characters.")
    run = get_run(work, run_id, lock=True)
    if run.state is State.FINISHED:
        raise RunIsFinished
    message_id = new_id()
    message_store.insert_message(work.conn, message_id, run_id, text=text, said_by=Jsonb(actor.model_dump(mode="json")), at=work.now)
    publish_line(work, run, f"{actor.name} says: {text}", message=message_id)
    return message_id


def _note_job(work: Work, run: Run, claim: NewClaim) -> None:
    """The job's own word for itself counts where nobody else told: it came with DISPATCH_API_KEY, or GitHub vouched for it already."""
    job_id = claim.runner.get("github_run_id")
    if isinstance(job_id, str) and job_id.isdecimal() and len(job_id) <= 20:
        note_external(work, run.id, external_id=job_id, external_url=github_actions.job_page(run.repository, job_id))
