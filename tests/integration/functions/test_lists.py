"""Lists of what has happened: filtered, by page, to the end."""

import pytest

from tests import doing

pytestmark = pytest.mark.usefixtures("queues")


def everything(api, path: str, limit: int) -> list:
    """All items of the list, page by page; no page is longer than asked for."""
    items, cursor = [], ""
    while True:
        page = api.get(f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}").json
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = f"&cursor={page['next_cursor']}"


def test_runs_come_newest_first_and_each_once_however_small_the_page(owner):
    asked = [str(doing.ask(doing.make_issue()).run_id) for _ in range(5)]

    assert [run["id"] for run in everything(owner, "/api/runs", 2)] == asked[::-1]


def test_runs_are_found_by_workflow_outcome_state_and_issue(owner):
    first, second = doing.make_issue(), doing.make_issue()
    doing.end(doing.start(doing.ask(first)), plan=doing.PLAN)
    doing.ask(second, "deep-research")

    def found(query: str) -> list[str]:
        return [run["identifier"] for run in owner.get(f"/api/runs?{query}").json["items"]]

    assert found("workflow=deep-research") == [second.identifier]
    assert found("outcome=investigation_complete") == [first.identifier]
    assert found("state=queued") == [second.identifier]
    assert found(f"issue={first.identifier.lower()}") == [first.identifier]
    assert found("workflow=deep-research&outcome=failed") == []
    assert owner.get("/api/runs?state=sleeping").status == 422
    assert owner.get("/api/runs?issue=DISPATCH-99").status == 404


def test_the_ledger_tells_each_line_and_what_they_come_to(owner):
    issue = doing.make_issue()
    doing.end(doing.start(doing.ask(issue)), plan=doing.PLAN, cost_usd=4)
    doing.ask(doing.make_issue())

    lines = everything(owner, "/api/ledger", 2)

    assert [(line["kind"], line["amount_usd"], line["identifier"]) for line in lines] == [
        ("reserve", 25.0, "DISPATCH-2"),
        ("settle", 4.0, "DISPATCH-1"),
        ("reserve", 25.0, "DISPATCH-1"),
    ]
    assert owner.get("/api/ledger").json["totals"] == {"settled_usd": 4.0, "reserved_usd": 25.0}


def test_the_ledger_of_a_day_is_that_days_and_outlives_its_issue(owner, clock):
    issue = doing.make_issue()
    doing.end(doing.start(doing.ask(issue)), plan=doing.PLAN, cost_usd=4)
    yesterday = owner.get("/api/ledger").json["items"][0]["day"]
    clock.travel(days=1)
    doing.ask(doing.make_issue())

    assert owner.delete(f"/api/issues/{issue.id}").status == 204

    page = owner.get(f"/api/ledger?day={yesterday}").json
    assert [(line["kind"], line["identifier"], line["workflow"]) for line in page["items"]] == [
        ("settle", None, "prd-investigate"),
        ("reserve", None, "prd-investigate"),
    ]
    assert page["totals"] == {"settled_usd": 4.0, "reserved_usd": 0.0}
    assert owner.get("/api/ledger?day=tomorrow").status == 422
    assert owner.get("/api/ledger?cursor=mine").status == 422
