"""Errors over the API."""

from typing import Any

import pytest

from dispatch.kit.work import work
from tests.reports import report, take

pytestmark = pytest.mark.usefixtures("instance", "queues", "repository")
SALES = "The sales tax could not be found"


def test_errors_are_listed_page_by_page_seen_last_first(owner: Any):
    names = [take(report(feature=feature)).family.name for feature in ("one", "two", "three")]

    first = owner.get("/api/errors?limit=2").json
    second = owner.get(f"/api/errors?limit=2&cursor={first['next_cursor']}").json

    shown = [card["name"] for card in first["items"] + second["items"]]
    assert shown == names[::-1]
    assert second["next_cursor"] is None


def test_a_page_takes_as_many_queries_however_long_it_is(owner: Any, database: str):
    from psycopg import Cursor

    def queries() -> int:
        asked: list[Any] = []
        real = Cursor.execute
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Cursor, "execute", lambda self, query, *more, **named: asked.append(query) or real(self, query, *more, **named))
            owner.get("/api/errors")
        return len(asked)

    take(report())
    few = queries()
    for feature in "abcdefgh":
        take(report(feature=feature))

    assert queries() == few


def test_errors_are_found_by_words_source_mute_and_issue(owner: Any):
    take(report())
    sales = take(report(SALES, source="sales"))
    owner.patch(f"/api/issues/{sales.issue}", {"status": "Canceled", "reason": "It is known."})
    owner.post("/api/mutes", {"scope": "source", "value": "orders", "because": "It is known."})

    def found(query: str) -> list[str]:
        return [card["source"] for card in owner.get(f"/api/errors?{query}").json["items"]]

    assert found("query=SALES+ta") == found("source=sales") == found("muted=false") == found("open=false") == ["sales"]
    assert found("muted=true") == found("open=true") == ["orders"]
    assert found("query=nothing+of+this") == []


def test_an_error_shows_its_rate_and_its_wordings(owner: Any):
    from dispatch.kit import clock

    taken = take(report(count=4, first_seen=clock.now(), last_seen=clock.now(), release="1.2", users=["ada"]))

    shown = owner.get(f"/api/errors/{taken.issue}").json

    assert (shown["rate"][-1], len(shown["rate"]), sum(shown["rate"])) == (4, 48, 4)
    assert (shown["occurrences"], shown["users"], shown["release"], shown["fingerprints"]) == (4, 1, "1.2", 1)
    assert shown["issue"]["identifier"] == taken.issue
    assert shown["issue"]["status"]["name"] == "Investigating"
    assert [hour["count"] for hour in shown["hours"]] == [4]
    assert shown["wordings"][0]["joined_by"] == "first"
    assert shown["last_run"]["workflow"] == "auto-investigate"
    assert shown["suspects"] == []


def test_single_reports_are_listed(owner: Any):
    taken = take(report(key="one", count=4, lines=["one", "two"]))

    [shown] = owner.get(f"/api/errors/{taken.family.id}/sightings").json["items"]

    assert (shown["count"], shown["detail"]["lines"], shown["detail"]["message"]) == (4, ["one", "two"], "The total is wrong")


def test_an_error_is_split_and_merged_again(owner: Any):
    first = take(report(count=4, users=["ada", "bob"]))
    other = take(report(SALES, count=3, users=["bob"]))

    merged = owner.post(f"/api/errors/{other.issue}/merge", {"into": first.issue, "because": "One cause."}).json

    assert (merged["name"], merged["occurrences"], merged["users"], merged["fingerprints"]) == (first.family.name, 7, 2, 2)
    assert owner.get(f"/api/errors/{other.family.id}").status == 404
    assert owner.get(f"/api/issues/{other.issue}").json["status"]["name"] == "Canceled" or merged["issue"]["identifier"] == first.issue
    assert take(report(SALES)).family.id == first.family.id

    [moved] = [one["hash"] for one in merged["wordings"] if one["joined_by"] == "hand"]
    split = owner.post(f"/api/errors/{first.issue}/split", {"fingerprints": [moved]}).json

    assert (split["occurrences"], split["users"], split["message"]) == (4, 1, SALES)
    assert owner.get(f"/api/errors/{first.issue}").json["occurrences"] == 4
    assert split["issue"]["identifier"] not in {first.issue, other.issue}
    assert take(report(SALES)).family.id != first.family.id
    kinds = {entry["kind"] for entry in owner.get(f"/api/issues/{first.issue}/activity").json["items"]}
    assert {"family.merged", "family.split"} <= kinds


def test_no_error_is_split_into_nothing(owner: Any):
    taken = take(report())
    [wording] = owner.get(f"/api/errors/{taken.issue}").json["wordings"]

    assert owner.post(f"/api/errors/{taken.issue}/split", {"fingerprints": [wording["hash"]]}).status == 409
    assert owner.post(f"/api/errors/{taken.issue}/split", {"fingerprints": ["another"]}).status == 422
    assert owner.post(f"/api/errors/{taken.issue}/merge", {"into": taken.issue}).status == 409


def test_a_mute_is_listed_until_it_is_ended(owner: Any):
    taken = take(report())
    made = owner.post("/api/mutes", {"scope": "family", "value": taken.issue, "because": "It is known."}).json

    assert [one["value"] for one in owner.get("/api/mutes").json["items"]] == [taken.family.name]
    assert owner.get(f"/api/errors/{taken.issue}").json["mute"]["because"] == "It is known."
    assert owner.delete(f"/api/mutes/{made['id']}").status == 204
    assert owner.get("/api/mutes").json["items"] == []
    assert owner.delete(f"/api/mutes/{made['id']}").status == 404


def test_a_flood_makes_few_frames_and_misses_nothing(owner: Any):
    from functions.verifier.handler import handler as verify

    taken = [take(report()) for _ in range(30)]
    with work() as unit:
        before: Any = unit.conn.execute("SELECT count(*) FROM frame WHERE topic = 'errors'").fetchone()
    verify({"schedule": "errors"}, None)

    frames = owner.get("/api/feed/errors?after=0").json["frames"]
    assert before[0] < 10
    assert frames[-1]["data"]["occurrences"] == 30
    assert frames[-1]["data"]["id"] == str(taken[0].family.id)


def test_customers_tell_by_which_organisations_they_are_known(owner: Any):
    owner.post("/api/customers", {"name": "Acme"})

    changed = owner.patch("/api/customers/acme", {"organisations": ["org-7"]}).json

    assert changed["organisations"] == ["org-7"]
    assert owner.patch("/api/customers/nobody", {"organisations": []}).status == 404
    taken = take(report(organisations=["org-7"]))
    assert owner.get(f"/api/errors/{taken.issue}").json["customers"] == [{"name": "Acme", "slug": "acme"}]


def test_whoever_only_reads_changes_nothing(owner: Any, stranger: Any):
    taken = take(report())

    assert stranger.get("/api/errors").status == 401
    assert stranger.post("/api/mutes", {"scope": "source", "value": "orders", "because": "No."}).status == 401
    assert stranger.post(f"/api/errors/{taken.issue}/merge", {"into": "x"}).status == 401


def test_whoever_looks_at_the_errors_hears_that_one_became_part_of_another(owner: Any):
    first, other = take(report()), take(report(SALES))

    owner.post(f"/api/errors/{other.issue}/merge", {"into": first.issue})

    frames = owner.get("/api/feed/errors?after=0&limit=100").json["frames"]
    assert {"id": str(other.family.id), "into": str(first.family.id)} in [one["data"] for one in frames if one["kind"] == "family.merged"]
