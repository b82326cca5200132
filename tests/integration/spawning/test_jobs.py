"""A run's job at GitHub: asked for until it is known to start, found again, and missed when it ends without a word."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch import briefs, runs, spawning
from dispatch.kit import clock as kit_clock
from dispatch.kit.errors import Conflict
from dispatch.kit.work import work
from dispatch.runs import Heartbeat, NewClaim, Unpublished
from tests import doing, letters
from tests.conftest import Clock, Queues
from tests.github_door import Asked, GitHub

pytestmark = pytest.mark.usefixtures("database", "queues", "repository")

SHOP = "/repos/acme/shop"
DISPATCH = f"POST {SHOP}/actions/workflows/prd-investigate.yml/dispatches"
RUNS = f"GET {SHOP}/actions/workflows/prd-investigate.yml/runs"
PAGE = "https://github.com/acme/shop/actions/runs/7"


@pytest.fixture
def github(github_door: GitHub) -> GitHub:
    """acme/shop at GitHub, where jobs start and are called 7."""
    github_door.answers[f"GET {SHOP}"] = (200, {"default_branch": "main"})
    github_door.answers[DISPATCH] = (200, {"workflow_run_id": 7, "html_url": PAGE})
    return github_door


def test_a_job_is_started_on_the_default_branch_with_ids_alone(github: GitHub) -> None:
    run = _start()

    [asked] = github.calls("POST")
    assert asked.body["ref"] == "main"
    assert asked.body["inputs"] == {"run_id": str(run.id), "generation": "1", "issue": run.identifier}
    assert (run.state, run.external_id, run.external_url) == ("starting", "7", PAGE)


def test_a_message_that_comes_twice_starts_one_job(github: GitHub) -> None:
    run = _start()

    spawning.start_run(run.id, 1)

    assert len(github.calls("POST")) == 1


def test_a_second_message_does_not_interrupt_the_first_that_is_still_asking(github: GitHub) -> None:
    run_id = _run_id(doing.ask(doing.make_issue()))
    seconds: list[Any] = []

    def answer(_: Asked) -> tuple[int, Any]:
        seconds.append(_work(lambda unit: runs.mark_starting(unit, run_id, 1)))
        return 200, {"workflow_run_id": 7}

    github.answers[DISPATCH] = answer

    spawning.start_run(run_id, 1)

    assert seconds == [None]


def test_a_runtime_that_does_not_answer_is_asked_again_and_people_see_why(github: GitHub, queues: Queues, clock: Clock) -> None:
    github.answers[DISPATCH] = (502, {})

    run = _start()

    assert (run.state, run.external_id) == ("starting", None)
    assert run.last_line is not None
    assert "answers 502" in run.last_line
    queues.take("spawns")
    assert spawning.resend_unstarted() == 0
    clock.travel(seconds=61)
    github.answers[DISPATCH] = (200, {"workflow_run_id": 7})
    assert _deliver(queues) == [run.id]
    assert _now(run.id).external_id == "7"


def test_a_job_that_started_though_nobody_heard_so_is_found_by_its_name(github: GitHub, queues: Queues, clock: Clock) -> None:
    github.answers[DISPATCH] = (504, {})
    run = _start()
    github.answers[RUNS] = (200, {"workflow_runs": [{"id": 8, "display_title": f"{run.identifier} {run.id}", "html_url": "https://x/8"}]})
    queues.take("spawns")
    clock.travel(seconds=61)

    _deliver(queues)

    assert (_now(run.id).external_id, _now(run.id).external_url) == ("8", "https://x/8")
    assert len(github.calls("POST")) == 1


def test_of_two_jobs_that_started_one_claims_and_the_other_is_refused(github: GitHub, queues: Queues, clock: Clock) -> None:
    github.answers[DISPATCH] = (504, {})
    run = _start()
    queues.take("spawns")
    clock.travel(seconds=61)
    github.answers[DISPATCH] = (200, {"workflow_run_id": 9})
    _deliver(queues)
    _claim(run.id)

    with pytest.raises(Conflict):
        _claim(run.id)


def test_a_runtime_that_never_answers_loses_the_run_in_the_end(github: GitHub, queues: Queues, clock: Clock) -> None:
    github.answers[DISPATCH] = (502, {})
    run = _start()

    for _ in range(22):
        clock.travel(minutes=1)
        spawning.reap_lost_runs()
        spawning.resend_unstarted()
        _deliver(queues)

    assert _now(run.id).outcome == "lost"


def test_a_rate_limit_waits_until_it_opens_without_being_lost(github: GitHub, queues: Queues, clock: Clock) -> None:
    opens = kit_clock.now() + timedelta(minutes=40)
    github.answers[DISPATCH] = (403, {"message": "API rate limit exceeded"}, _limited_until(opens))

    run = _start()

    assert (run.state, run.starting_at) == ("queued", None)
    assert run.last_line == f"GitHub's rate limit is reached; it opens at {opens:%H:%M} UTC. The run starts then."
    queues.take("spawns")
    for _ in range(39):
        clock.travel(minutes=1)
        spawning.reap_lost_runs()
        assert _deliver(queues) == []
    clock.travel(minutes=2)
    github.answers[DISPATCH] = (200, {"workflow_run_id": 7})
    assert _deliver(queues) == [run.id]
    assert (_now(run.id).state, _now(run.id).external_id) == ("starting", "7")


def test_a_message_that_comes_before_the_limit_opens_asks_nobody(github: GitHub) -> None:
    github.answers[DISPATCH] = (429, {}, {"retry-after": "600"})
    run = _start()

    spawning.start_run(run.id, 1)

    assert len(github.calls("POST")) == 1


def test_people_see_in_the_runs_stream_why_it_waits(github: GitHub) -> None:
    from dispatch import stream

    github.answers[DISPATCH] = (429, {}, {"retry-after": "600"})
    run = _start()

    frames = _work(lambda unit: stream.read_feed(unit, f"run:{run.id}", after=0, limit=50)).frames
    assert any("rate limit" in str(frame.data.get("data", {}).get("text")) for frame in frames)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((422, {"message": "No ref found for: main"}), "The runtime refuses (422): No ref found for: main"),
        (
            (404, {"message": "Not Found"}),
            "prd-investigate.yml is not installed in acme/shop: run `dispatch workflows install` there and push it.",
        ),
    ],
)
def test_a_runtime_that_refuses_fails_the_run_with_its_sentence_and_gives_the_money_back(
    github: GitHub, answer: tuple[int, Any], sentence: str
) -> None:
    github.answers[DISPATCH] = answer

    run = _start()

    assert (run.state, run.outcome, run.summary) == ("finished", "failed", sentence)
    money = _work(spawning.fleet).money
    assert (money.reserved_usd, money.settled_usd) == (0, 0)


def test_an_older_server_that_tells_no_id_is_not_asked_twice_and_its_job_is_found(github: GitHub, queues: Queues, clock: Clock) -> None:
    github.answers[DISPATCH] = (204, None)
    run = _start()
    queues.take("spawns")
    clock.travel(seconds=90)
    assert _deliver(queues) == []
    github.answers[RUNS] = (200, {"workflow_runs": [{"id": 8, "display_title": f"{run.identifier} {run.id}", "status": "queued"}]})

    assert spawning.reap_ended_jobs() == 0

    assert _now(run.id).external_id == "8"


def test_a_job_with_an_api_key_that_nobody_knew_tells_its_number_at_the_claim(github: GitHub) -> None:
    github.answers[DISPATCH] = (204, None)
    run = _start()

    _claim(run.id, github_run_id="31", github_run_attempt="1")

    assert _now(run.id).external_id == "31"
    assert str(_now(run.id).external_url).endswith("/acme/shop/actions/runs/31")


def test_a_job_that_ended_before_its_claim_fails_the_run_soon_and_names_the_conclusion(github: GitHub, clock: Clock) -> None:
    run = _start()
    _ends(github, "startup_failure")
    assert spawning.reap_ended_jobs() == 0  # it may be about to claim
    clock.travel(seconds=61)

    assert spawning.reap_ended_jobs() == 1

    ended = _now(run.id)
    assert (ended.outcome, ended.summary) == ("failed", "Its job ended before it could claim the run (startup_failure).")
    assert _work(spawning.fleet).money.reserved_usd == 0


def test_a_job_that_ended_without_a_result_loses_the_run_soon_and_names_the_conclusion(github: GitHub, clock: Clock) -> None:
    run = _start()
    _claim(run.id)
    _ends(github, "cancelled")
    clock.travel(seconds=46)

    assert spawning.reap_ended_jobs() == 1

    ended = _now(run.id)
    assert (ended.outcome, ended.summary) == ("lost", "Its job ended without handing anything in (cancelled).")
    assert _work(spawning.fleet).money.settled_usd == ended.cap_usd


def test_a_run_that_beats_is_not_asked_about(github: GitHub, clock: Clock) -> None:
    run = _start()
    _claim(run.id)
    clock.travel(minutes=2)
    _work(lambda unit: spawning.hear_heartbeat(unit, run.id, Heartbeat(generation=1)))
    _ends(github, "failure")

    assert spawning.reap_ended_jobs() == 0

    assert github.calls(f"GET {SHOP}/actions/runs/7") == []


def test_a_job_that_still_runs_or_waits_for_a_machine_is_left_alone(github: GitHub, clock: Clock) -> None:
    run = _start()
    github.answers[f"GET {SHOP}/actions/runs/7"] = (200, {"id": 7, "status": "queued", "conclusion": None})
    clock.travel(minutes=5)

    assert spawning.reap_ended_jobs() == 0

    assert _now(run.id).state == "starting"


@pytest.mark.parametrize("answer", [(404, {"message": "Not Found"}), (403, {"message": "No."})])
def test_a_job_that_cannot_be_asked_about_is_left_to_its_silence(github: GitHub, clock: Clock, answer: Any) -> None:
    run = _start()
    github.answers[f"GET {SHOP}/actions/runs/7"] = answer
    clock.travel(minutes=5)

    assert spawning.reap_ended_jobs() == 0

    assert _now(run.id).state == "starting"


def test_the_webhooks_word_that_a_job_has_ended_ends_its_run_and_no_other(github: GitHub) -> None:
    other, run = _start(), None
    github.answers[DISPATCH] = (200, {"workflow_run_id": 8})
    run = _start()
    _claim(run.id)

    for repository, job in (("acme/else", "8"), ("acme/shop", "99"), ("Acme/Shop", "8"), ("acme/shop", "8")):
        _work(lambda unit, repository=repository, job=job: spawning.hear_job_ended(unit, repository, job, "timed_out"))

    assert (_now(run.id).outcome, _now(run.id).summary) == ("lost", "Its job ended without handing anything in (timed_out).")
    assert _now(other.id).state == "starting"


def test_a_patch_whose_job_ended_without_publishing_it_is_told_once(github: GitHub, clock: Clock) -> None:
    run = _propose(github)
    github.answers[f"GET {SHOP}/actions/runs/7"] = (200, {"id": 7, "status": "in_progress"})
    clock.travel(minutes=3)
    spawning.reap_ended_jobs()
    assert _patch(run.id).unpublished_because is None
    _ends(github, "failure")

    assert spawning.reap_ended_jobs() == 0

    reason = "The job that was to publish it ended without doing so (failure)."
    assert (_patch(run.id).unpublished_because, _now(run.id).outcome) == (reason, "completed")
    assert _work(runs.find_unheard) == []


def test_a_patch_that_was_published_or_refused_by_its_job_is_left_as_told(github: GitHub) -> None:
    run = _propose(github)
    told = Unpublished(generation=1, reason="It does not apply.")
    _work(lambda unit: runs.note_unpublished(unit, run.id, told))

    _work(lambda unit: spawning.hear_job_ended(unit, "acme/shop", "7", "success"))

    assert _patch(run.id).unpublished_because == "It does not apply."


def test_a_job_that_github_will_not_end_is_not_asked_about_for_ever(github: GitHub) -> None:
    run = _start()
    _work(lambda unit: spawning.cancel_run(unit, run.id, actor=doing.ADA))
    github.answers[f"POST {SHOP}/actions/runs/7/cancel"] = (403, {"message": "No."})

    spawning.stop_at_runtime(run.id, 1)

    assert len(github.calls(f"POST {SHOP}/actions/runs/7/cancel")) == 1


def test_a_cancelled_run_is_quiet_when_its_job_has_ended(github: GitHub) -> None:
    run = _start()
    _claim(run.id)
    _work(lambda unit: spawning.cancel_run(unit, run.id, actor=doing.ADA))
    assert _work(runs.find_not_quiet) == [run.id]

    _work(lambda unit: spawning.hear_job_ended(unit, "acme/shop", "7", "cancelled"))

    assert _work(runs.find_not_quiet) == []
    assert _now(run.id).outcome == "cancelled"


def test_a_cancelled_run_whose_job_nobody_named_is_cancelled_at_github_by_its_name(github: GitHub) -> None:
    github.answers[DISPATCH] = (204, None)
    run = _start()
    _work(lambda unit: spawning.cancel_run(unit, run.id, actor=doing.ADA))
    github.answers[RUNS] = (200, {"workflow_runs": [{"id": 8, "display_title": f"{run.identifier} {run.id}", "status": "queued"}]})

    spawning.stop_at_runtime(run.id, 1)

    assert len(github.calls(f"POST {SHOP}/actions/runs/8/cancel")) == 1


def _start() -> Any:
    run_id = _run_id(doing.ask(doing.make_issue()))
    spawning.start_run(run_id, 1)
    return _now(run_id)


def _claim(run_id: UUID, **runner: str) -> None:
    _work(lambda unit: briefs.claim(unit, run_id, NewClaim(generation=1, runner=dict(runner))))


def _propose(github: GitHub) -> Any:
    """A run of job 7 has handed in a patch that was accepted."""
    github.answers[DISPATCH.replace("prd-investigate", "auto-triage")] = (200, {"workflow_run_id": 7})
    run_id = _run_id(doing.ask(doing.make_issue(), "auto-triage"))
    spawning.start_run(run_id, 1)
    with work() as unit:
        claim = briefs.claim(unit, run_id, NewClaim(generation=1))
    return doing.end(claim, outcome="completed", base_commit="b" * 40, patch=letters.proposal())


def _patch(run_id: UUID) -> Any:
    return _work(lambda unit: runs.get_patch(unit, run_id))


def _deliver(queues: Queues) -> list[UUID]:
    """The sweep sends what is due, and the spawner takes it; whose starts those were."""
    spawning.resend_unstarted()
    starts = [UUID(message["run_id"]) for message in queues.take("spawns") if not message.get("stop")]
    for run_id in starts:
        spawning.start_run(run_id, 1)
    return starts


def _ends(github: GitHub, conclusion: str) -> None:
    github.answers[f"GET {SHOP}/actions/runs/7"] = (200, {"id": 7, "status": "completed", "conclusion": conclusion, "html_url": PAGE})


def _limited_until(moment: Any) -> dict[str, str]:
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(moment.timestamp()))}


def _run_id(spawn: Any) -> UUID:
    assert spawn.run_id
    return spawn.run_id


def _now(run_id: UUID) -> Any:
    return _work(lambda unit: runs.get_run(unit, run_id))


def _work(act: Any) -> Any:
    with work() as unit:
        return act(unit)
