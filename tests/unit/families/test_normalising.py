"""Equal errors have equal normal forms, whatever varies in them, and no message is slow to read."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dispatch.families.normalising import fingerprint_of, normalise

# The predecessor's vectors. `SAME` where the normal form is equal to its; where more is replaced, its stands beside ours.
SAME = None
VECTORS = [
    ("boom user 12345", "boom user *", SAME),
    ("boom user 1234", "boom user *", "boom user 1234"),  # numbers of any length
    ("id 3F2504E0-4F89-41D3-9A0C-0305E82C3301 gone", "id * gone", SAME),
    ("customer cus_Nffrf3ab missing price_1Mow", "customer cus_* missing price_*", SAME),
    ("sk_live_abc123", "sk_live_*", "sk_*_abc123"),  # it stopped before the part that varies
    ("bearer eyJhbGciOi.eyJzdWIi.SflKxw bad", "bearer JWT_* bad", SAME),
    ("at 2024-01-15T10:30:00.123+02:00 failed", "at * failed", SAME),
    ("on 2024-01-15 failed", "on * failed", SAME),
    ("ts 1700000000 and 1700000000123", "ts * and *", SAME),
    ("10.0.0.1:5432 refused", "* refused", "*:5432 refused"),  # ports
    ("GET https://api.x.io/v1/users/7?x=1 500", "GET https://api.x.io/* *", "GET https://api.x.io/* 500"),
    ("http://host:8080", "http://host:*", "http://host:8080"),  # ports
    ("charge $1,234.56 declined", "charge $* declined", SAME),
    ("charge $5 declined", "charge $* declined", SAME),
    ("hash d41d8cd98f00b204e9800998ecf8427e bad", "hash * bad", SAME),
    ("timeout 30211ms", "timeout *", "timeout 30211ms"),  # durations
    ("timeout 30211 ms", "timeout *", "timeout * ms"),
    ("retry 3 of 5", "retry * of *", "retry 3 of 5"),
    ("a 12345, 67890 b", "a *, * b", SAME),
    ("12345 67890 11111", "*", SAME),
    ("oid 507f1f77bcf86cd799439011", "oid *", "oid 507f1f77bcf86cd799439011"),  # ids of Mongo
    ("0x7ffee4b2a010", "*", "0x7ffee4b2a010"),
    ("user@example.com not found", "* not found", "user@example.com not found"),
    ("line 42:17 in foo.ts", "line * in foo.ts", "line 42:17 in foo.ts"),
    ("  spaced 99999  ", "spaced *", SAME),
    ("order #123456", "order #*", SAME),
    ("evt_1abc_2def", "evt_*_*", "evt_*_2def"),
    ("", "", SAME),
]


@pytest.mark.parametrize(("message", "ours", "theirs"), VECTORS)
def test_every_vector_has_its_normal_form(message: str, ours: str, theirs: str | None) -> None:
    assert normalise(message) == ours
    assert theirs != ours


@pytest.mark.parametrize(
    ("source", "feature", "message", "expected"),
    [
        ("billing", "pay", "boom user 12345", "c4b2a1570506df8aef69069b1c2b24b8d96debc6e928c6875c8386bfac146179"),
        (
            *("billing", "charge-customer", "Failed to process payment: card declined"),
            "a9014d3a8649ce1373c9f9138b46b32b68108e7a5c0de1f6f9fa6868dda7729c",
        ),
        ("A", "unknown", "S", "c10913c6f1184f4b0e0547a67da792b7cefb3583ec07138bcec026766f1c27ab"),
        ("b", "f", "M", "b030bf88e1858ecb64440040025acddeed84b1eb780e117227730b1a3aa90385"),
    ],
)
def test_a_fingerprint_is_what_it_always_was(source: str, feature: str, message: str, expected: str) -> None:
    assert fingerprint_of(source, feature, message).hash == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Error: 17 items failed", "Error: 18 items failed"),
        ("took 1m30s", "took 2m1s"),
        ("took 250 µs", "took 3 hours"),
        ("key 'user:7' missing", "key 'user:ada' missing"),
        ('column "name" missing', "column `first name` missing"),
        ("::1 refused", "2001:db8::ff00:42:8329 refused"),
        ("[::1]:8080 refused", "[fe80::1:2]:9090 refused"),
        ("blk_-6952295868487656571 gone", "blk_38865049064139660 gone"),
        ("ada.lovelace@example.com left", "bob@example.org left"),
        ("in billing.py:42", "in billing.py:107"),
        ("in src/billing.ts:42:7", "in src/billing.ts:9:12"),
        ("GET https://api.x.io/v1/users/7", "GET https://api.x.io/v2/orders?from=3#top"),
        ("http://10.0.0.1:80/a", "http://192.168.7.9:8080/b"),
        ("postgres://app:secret@db:5432/app", "postgres://other@db:6432/app"),
        ("object 0xdeadbeef lost", "object 0x7ffee4b2a010 lost"),
        ("commit deadbeef lost", "commit 0123456789abcdef0123456789abcdef01234567 lost"),
        ("paid -3.50 EUR", "paid 1,200 EUR"),
        ("at 10:30:00,123", "at 23:59:59"),
        ("user_x7Kq2mP9 left", "user_Zz3LmN8q left"),
        ("of  two\tspaces", "of two spaces"),
    ],
)
def test_what_varies_makes_no_difference(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Request failed with status code 404", "Request failed with status code 500"),
        ("HTTP 404", "HTTP 503"),
        ("SMTP 550 rejected", "SMTP 421 rejected"),
        ("SQLSTATE[23505]: no", "SQLSTATE[40001]: no"),
        ("rpc failed code=5", "rpc failed code=14"),
        ("MongoServerError: E11000 again", "MongoServerError: E11001 again"),
        ("Error 1045 (28000): no", "Error 1049 (42000): no"),
        ("error: 13", "error: 42"),
        ("process left with exit code 1", "process left with exit code 137"),
        ("s3 refused", "ec2 refused"),
        ("can't open it, won't try", "can't open it, don't try"),
        ("https://api.x.io/v1", "https://api.y.io/v1"),
        ("Foo::Bar failed", "Foo::Baz failed"),
        ('"no such table"', '"no such column"'),
        ("price_not_found", "price_not_set"),
    ],
)
def test_what_says_which_error_it_is_stays(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


PIECES = st.sampled_from(
    [
        *(
            '"',
            "'",
            "`",
            "*",
            " ",
            "@",
            ".",
            ":",
            "::",
            "/",
            "://",
            "-",
            "+",
            "_",
            "$",
            ",",
            "=",
            "?",
            "#",
            "(",
            "[",
            "e",
            "T",
            "Z",
            "µs",
            "é",
        ),
        *(
            "5",
            "42",
            "1700000000",
            "abc",
            "deadbeef",
            "cus_",
            "eyJ",
            "eyJa.eyJb.c",
            "0x",
            "ms",
            "status",
            "status code ",
            "HTTP",
            "exit code ",
        ),
        *("10.0.0.1", "fe80::1", "2024-01-15T10:30:00Z", "3F2504E0-4F89-41D3-9A0C-0305E82C3301", "a@b.c", "http://h/p", "can't"),
    ]
)
MESSAGES = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=40).map("".join))


@given(MESSAGES)
@settings(max_examples=500, deadline=None)
@example("'a ('b c') d' e")
@example("status status 5")
def test_a_normal_form_is_its_own_normal_form(message: str) -> None:
    normal = normalise(message)

    assert normalise(normal) == normal
    assert len(normal) <= len(message)


VALUES = st.one_of(
    st.uuids().map(str),
    st.ip_addresses().map(str).filter(lambda address: address != "::"),
    st.datetimes().map(lambda at: at.isoformat()),
    st.integers(min_value=0).map(str),
    st.floats(min_value=0, max_value=1e9, allow_nan=False).map(lambda number: f"{number:.2f}"),
    st.text("0123456789abcdef", min_size=8, max_size=40),
    st.text("abcXYZ ._-/:", max_size=20).map(lambda text: f'"{text}"'),
    st.builds("{}@{}.example".format, st.text("abcd.xyz", min_size=1, max_size=9), st.text("abcdefg", min_size=1, max_size=9)),
    st.builds("{}{}".format, st.integers(0, 10**6), st.sampled_from(["ms", "s", " seconds", "MB", " KiB"])),
)
WORDS = st.lists(st.sampled_from(["could", "not", "reach", "bank", "for", "order,", "giving", "up:"]), min_size=1, max_size=6).map(" ".join)


@given(before=WORDS, one=VALUES, other=VALUES, after=WORDS)
@settings(max_examples=300, deadline=None)
def test_a_value_of_any_kind_stands_for_any_other(before: str, one: str, other: str, after: str) -> None:
    assert normalise(f"{before} {one} {after}") == normalise(f"{before} {other} {after}")


@given(st.text(max_size=100))
def test_two_computers_make_the_same_of_a_message(message: str) -> None:
    assert fingerprint_of("s", "f", message) == fingerprint_of(
        "s", "f", str(message.encode("utf-8", "surrogatepass"), "utf-8", "surrogatepass")
    )
