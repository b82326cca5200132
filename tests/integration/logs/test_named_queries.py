"""What each named query finds, what it leaves out and says so, and that nothing in it acts or gives a secret away."""

import json
from datetime import timedelta

import psycopg
import pytest

from dispatch import logs
from dispatch.kit.errors import BadInput, NotFound
from dispatch.logs.queries import QUERIES
from tests.integration.logs.conftest import Shop
from tests.loki_door import SELECTOR, Loki


def test_errors_are_grouped_by_what_stays_the_same_in_them(shop: Shop) -> None:
    shop.said(5, "Payment 17 of cus_123 failed", times=3)
    shop.said(4, "Payment 9 of cus_456 failed", level="FATAL")
    shop.said(3, "No such coupon", source="shop")
    shop.said(2, "Paid", level="info")

    found = shop.ask("errors")

    assert [(row.group["source"], row.count) for row in found.rows] == [("billing", 4), ("shop", 1)]
    assert found.rows[0].group["message"] == "Payment 9 of cus_456 failed"
    assert (found.total, found.truncated) == (5, False)


def test_errors_of_one_source_leave_out_the_others(shop: Shop) -> None:
    shop.said(5)
    shop.said(5, source="shop", msg="billing is in the text alone")

    assert [row.group["source"] for row in shop.ask("errors", source="billing").rows] == ["billing"]


def test_more_errors_than_are_looked_at_are_told_in_the_open(shop: Shop) -> None:
    shop.said(5, times=1001)

    found = shop.ask("errors")

    assert (found.total, found.rows[0].count, found.truncated) == (1001, 1000, True)
    assert found.notes == ["The counts are of the newest 1,000 of 1,001 error lines."]


def test_a_window_ends_where_it_says(shop: Shop) -> None:
    shop.said(200)
    shop.said(90, "in the window")
    shop.said(30)

    found = shop.ask("search", text="i", since="2h", until="1h")

    assert [line.message for line in found.lines] == ["in the window"]


def test_search_finds_a_text_whatever_its_case_and_not_as_a_pattern(shop: Shop) -> None:
    shop.said(3, "TIMEOUT (a.b)")
    shop.said(2, "timeout aXb")

    found = shop.ask("search", text="timeout (A.b)")

    assert [line.message for line in found.lines] == ["TIMEOUT (a.b)"]


def test_more_lines_than_wanted_are_told_in_the_open(shop: Shop) -> None:
    shop.said(3, times=6)

    found = shop.ask("search", text="Payment", limit=5)

    assert (len(found.lines), found.truncated, found.notes) == (5, True, ["There are more: these are the newest 5."])


def test_stats_count_by_group_over_time(shop: Shop) -> None:
    shop.said(50, times=3)
    shop.said(10, times=2, level="warn")
    shop.said(10, times=7, source="shop")

    found = shop.ask("stats", by="source")

    assert [(series.group, series.total) for series in found.series] == [({"source": "shop"}, 7), ({"source": "billing"}, 5)]
    assert sum(point.count for point in found.series[1].points) == 5
    assert len(found.series[1].points) == 2


def test_stats_by_level_know_a_level_under_all_its_names(shop: Shop) -> None:
    shop.said(5, level="WARN")
    shop.said(5, level=None, severity="warning", times=2)

    assert [(one.group, one.total) for one in shop.ask("stats", by="level").series] == [({"level": "warning"}, 3)]


def test_stats_pass_over_lines_that_are_no_json(shop: Shop) -> None:
    shop.loki.say(shop.now - timedelta(minutes=5), "Traceback (most recent call last):")
    shop.said(5)

    assert shop.ask("stats").total == 1


def test_compare_tells_what_changed_at_a_moment(shop: Shop) -> None:
    shop.said(100, times=2)
    shop.said(50, times=6)
    shop.said(50, source="shop", times=1)
    shop.said(100, source="mail", times=1)

    found = shop.ask("compare", at="60m", window="1h")

    changed = {row.group["source"]: (row.before, row.count, row.change) for row in found.rows}
    assert changed == {"billing": (2, 6, "+200% an hour"), "shop": (0, 1, "new"), "mail": (1, 0, "gone")}
    assert found.rows[0].group == {"source": "billing"}


def test_compare_does_not_take_a_short_after_for_a_quiet_one(shop: Shop) -> None:
    shop.said(60, times=60)
    shop.said(5, times=10)

    found = shop.ask("compare", at="10m", window="1h")

    assert found.rows[0].change == "+0% an hour"
    assert found.notes == ["Only 10 minutes have passed since; counts are compared by the hour."]


def test_trace_tells_a_request_from_its_beginning(shop: Shop) -> None:
    shop.said(3, "third", requestId="r-1")
    shop.said(5, "first", request_id="r-1")
    shop.said(4, "second", request={"id": "r-1"}, level="info")
    shop.said(4, "of another", request_id="r-10")

    assert [line.message for line in shop.ask("trace", id="r-1").lines] == ["first", "second", "third"]


def test_activity_tells_what_a_user_or_an_organisation_did(shop: Shop) -> None:
    shop.said(5, "bought", user_id="u-1", org_id="o-1", level="info")
    shop.said(4, "left", userId="u-1", level="info")
    shop.said(3, "came", user_id="u-2", org_id="o-1", level="info")

    assert [line.message for line in shop.ask("activity", user="u-1").lines] == ["left", "bought"]
    assert [line.message for line in shop.ask("activity", organisation="o-1").lines] == ["came", "bought"]


def test_impact_counts_each_user_and_organisation_once(shop: Shop) -> None:
    for number, user in enumerate(["u-1", "u-1", "u-2"]):
        shop.said(5 + number, f"Payment {number} of cus_{number} failed", user_id=user, organisationId="o-1")
    shop.said(5, "Something else", user_id="u-3")

    found = shop.ask("impact", message="Payment 99 of cus_99 failed")

    assert [(row.group["affected"], row.count) for row in found.rows] == [("users", 2), ("organisations", 1)]
    assert found.rows[0].group["most often"] == "u-1, u-2"


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("errors", {"since": "8d"}),
        ("errors", {"since": "999999d"}),
        ("errors", {"since": "0001-01-01T00:00:00+23:59"}),
        ("errors", {"since": "1h", "until": "2h"}),
        ("errors", {"since": "yesterday"}),
        ("errors", {"limit": 101}),
        ("errors", {"sauce": "billing"}),
        ("search", {}),
        ("search", {"text": "  "}),
        ("search", {"text": "x" * 501}),
        ("stats", {"by": "password"}),
        ("compare", {"at": "1h", "window": "4d"}),
        ("compare", {"at": "2999-01-01"}),
        ("activity", {}),
        ("impact", {}),
        ("impact", {"message": "17 4711"}),
    ],
)
def test_a_question_out_of_bounds_is_refused_before_loki_hears_of_it(shop: Shop, name: str, params: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        shop.ask(name, **params)
    assert shop.loki.asked == []


def test_a_query_nobody_named_is_refused_with_those_there_are(shop: Shop) -> None:
    with pytest.raises(NotFound, match="errors, search, stats"):
        shop.ask("query")


TEXTS = ("source", "feature", "text", "id", "user", "organisation", "message")
NEEDED = {"search": {"text": "x"}, "compare": {"at": "1h"}, "trace": {"id": "x"}, "activity": {"user": "x"}, "impact": {"source": "x"}}
HOSTILE = [
    '"} or {app=~".+"} |= "',
    '\\" | json',
    '"))',
    "`",
    "a\nb",
    '{{.x}} | line_format "',
    "\\",
    "\x00\ud800\U0001f98a\U000e0041",
    ".*|.+",
    "x",
]


@pytest.mark.parametrize(("name", "field"), [(name, field) for name in QUERIES for field in TEXTS if field in QUERIES[name].model_fields])
def test_no_parameter_leads_out_of_the_applications_streams(shop: Shop, name: str, field: str) -> None:
    for text in HOSTILE:
        shop.loki.say(shop.now - timedelta(minutes=30), text, labels={"app": "bank"})
        line = {"level": "error", "request_id": text, "user_id": text, field: text}
        shop.loki.say(shop.now - timedelta(minutes=30), labels={"app": "bank"}, **line)
    refused: list[str] = []
    for text in HOSTILE:
        try:
            found = shop.ask(name, **{**NEEDED.get(name, {}), field: text})
        except BadInput as error:
            refused.append(error.sentence)
            continue

        assert (found.lines, found.series, found.total or 0) == ([], [], 0)
    assert all(query.count(SELECTOR) == 1 for query in shop.loki.queries)
    assert not any("Loki" in sentence for sentence in refused)  # where one is refused it is by us, before Loki hears of it


def test_secrets_and_personal_data_in_lines_are_masked(shop: Shop) -> None:
    shop.said(
        5,
        "Cannot mail ada@example.org with sk_live_4eC39HqLyjWDarjtT1zdp7dc",
        password="hunter2",
        nested={"apiKey": "abc"},
        note="token=abcdef12345",
    )

    text = shop.ask("search", text="mail").model_dump_json() + shop.ask("errors").model_dump_json()

    for secret in ("ada@example.org", "sk_live", "hunter2", '"abc', "abcdef12345"):
        assert secret not in text


def test_nothing_in_a_line_acts_where_it_is_shown(shop: Shop) -> None:
    shop.said(5, "red \x1b[31malert\x1b]0;title\x07 \u202ehidden\u200b\x00\r", **{"na\x1bme": "a\x08b"})

    (line,) = shop.ask("search", text="alert").lines

    assert line.message == "red alert hidden"
    assert line.fields == {"name": "ab"}


def test_a_long_line_is_cut_in_the_open(shop: Shop) -> None:
    shop.said(5, "x" * 5000, stack="y" * 5000, **{f"f{number}": 1 for number in range(30)})

    (line,) = shop.ask("search", text="xxx").lines

    assert line.message.endswith("x… (cut)")
    assert len(line.message) < 2100
    assert line.fields["stack"].endswith("… (cut)")
    assert line.fields["…"] == "11 further fields are left out"


def test_a_line_that_is_no_object_is_its_message(shop: Shop) -> None:
    for text in ("plain words", "[1, 2]", "{broken", json.dumps("a text")):
        shop.loki.say(shop.now - timedelta(minutes=5), text)

    assert shop.ask("search", text="plain").lines[0].message == "plain words"
    assert shop.ask("search", text="broken").lines[0].message == "{broken"


def test_a_line_nested_without_end_is_still_told(shop: Shop) -> None:
    deep = '{"a":' * 900 + "1" + "}" * 900
    shop.loki.say(shop.now - timedelta(minutes=5), '{"msg": "deep", "level": "error", "more": ' + deep + "}")
    shop.loki.say(shop.now - timedelta(minutes=5), '{"a":' * 20_000 + '"deep"')

    assert len(shop.ask("search", text="deep").lines) == 2


def test_no_work_is_open_while_loki_answers(shop: Shop, database: str) -> None:
    seen: list[str] = []

    def look() -> None:
        with psycopg.connect(database) as conn:
            rows = conn.execute("SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            seen.extend(str(state) for (state,) in rows)

    shop.loki.during = look
    shop.said(5)
    for name in QUERIES:
        shop.ask(name, **NEEDED.get(name, {}))

    assert seen
    assert set(seen) == {"idle"}


def test_the_traffic_of_a_source_is_all_its_lines(shop: Shop) -> None:
    shop.said(5, times=3)
    shop.said(5, level="info", times=4)
    shop.said(5, source="shop")

    assert logs.traffic("billing", shop.now - timedelta(hours=1), shop.now) == 7


def test_without_a_loki_the_traffic_is_not_known(database: str, setting: pytest.MonkeyPatch) -> None:
    setting.setenv("LOKI_URL", "")

    assert logs.traffic("billing", Shop(Loki()).now - timedelta(hours=1), Shop(Loki()).now) is None
