"""What each kind of caller may do at the API's door."""

import pytest


@pytest.fixture
def token(owner, stranger):
    """`token("read", "issues")`: a client with an API token of those scopes."""

    def make(*scopes: str):
        stranger.bearer = owner.post("/api/tokens", {"name": "ci", "scopes": list(scopes)}).json["token"]
        return stranger

    return make


def claim_run(machine, workflow: str = "prd-investigate") -> tuple[str, str]:
    """A run that an agent has claimed: its id and its token."""
    issue = machine.post("/api/issues", {"title": "Orders are wrong"}).json
    run = machine.post(f"/api/issues/{issue['id']}/spawn", {"workflow": workflow}).json["run_id"]
    claimed = machine.post(f"/api/runs/{run}/claim", {"generation": 1, "runner": {"version": "1", "python": "3.11", "host": "test"}})
    assert claimed.status == 200, claimed.text
    return run, claimed.json["run_token"]


def test_a_token_that_may_only_read_only_reads(token):
    reader = token("read")

    assert reader.get("/api/issues").status == 200
    for refused in (
        reader.post("/api/issues", {"title": "x"}),
        reader.get("/api/tokens"),
        reader.get("/api/audit"),
        reader.post("/api/people", {"name": "x", "role": "admin", "password": "a long enough one"}),
    ):
        assert (refused.status, refused.json["code"]) == (403, "missing_right")


def test_a_token_that_may_only_write_does_not_read(token):
    assert token("issues").get("/api/issues").status == 403


def test_a_token_needs_no_header_that_only_browsers_need(token):
    writer = token("read", "issues")
    writer.headers = {}

    assert writer.post("/api/issues", {"title": "From a script"}).status == 201


def test_not_even_an_admins_token_acts_as_an_agent(token, machine, queues):
    issue = machine.post("/api/issues", {"title": "Orders are wrong"}).json
    run = machine.post(f"/api/issues/{issue['id']}/spawn", {"workflow": "prd-investigate"}).json["run_id"]

    refused = token("read", "issues", "spawn", "plans", "admin").post(f"/api/runs/{run}/claim", {"generation": 1, "runner": {}})

    assert refused.status == 403


def test_a_runs_token_opens_its_own_run(machine, stranger, queues):
    run, stranger.bearer = claim_run(machine)

    assert stranger.post(f"/api/runs/{run}/heartbeat", {"generation": 1}).status == 200


def test_a_runs_token_opens_nothing_else(machine, stranger, queues):
    _, stranger.bearer = claim_run(machine)
    other, _ = claim_run(machine)

    for refused in (
        stranger.post(f"/api/runs/{other}/heartbeat", {"generation": 1}),
        stranger.post(f"/api/runs/{other}/events", {"generation": 1, "events": []}),
        stranger.get("/api/issues"),
        stranger.get(f"/api/runs/{other}"),
        stranger.get("/api/feed/board"),
        stranger.post("/api/sockets/ticket"),
        stranger.post("/api/tokens", {"name": "x", "scopes": ["read"]}),
    ):
        assert refused.status == 403, refused.text


def test_the_address_that_counts_is_the_doors_not_a_headers(stranger):
    for n in range(5):
        stranger.post("/api/auth", {"password": "wrong"}, headers={"x-forwarded-for": f"198.51.100.{n}"})

    assert stranger.post("/api/auth", {"password": "wrong"}, headers={"x-forwarded-for": "198.51.100.99"}).status == 429
