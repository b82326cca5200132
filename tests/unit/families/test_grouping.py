"""Wordings of one error come into one family, each with its reason, and two errors never melt into one."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.families.grouping import JoinedBy, Known, Place, group
from dispatch.families.normalising import fingerprint_of
from dispatch.families.templates import ANY

STACK = 'Traceback (most recent call last):\n  File "/app/{file}.py", line {line}, in {function}\n    raise X\n'


class Errors:
    """The wordings of one source and feature, as a store would keep them."""

    def __init__(self) -> None:
        self.known: list[Known] = []

    def see(self, message: str, stack: str | None = None) -> Place:
        """The message is grouped, and known from now on."""
        wording = fingerprint_of("billing", "pay", message)
        place = group(wording, stack, self.known)
        family_id = place.family_id or uuid4()
        if wording.hash not in {other.hash for other in self.known}:
            self.known.append(
                Known(hash=wording.hash, family_id=family_id, message=wording.message, frames=place.frames, template=place.template)
            )
        return place.model_copy(update={"family_id": family_id})

    def family(self, message: str, stack: str | None = None) -> UUID:
        return self.see(message, stack).family_id  # type: ignore[return-value]


@pytest.fixture
def errors() -> Errors:
    return Errors()


def test_the_first_wording_makes_a_family() -> None:
    place = group(fingerprint_of("billing", "pay", "card declined"), None, [])

    assert place.family_id is None
    assert place.joined_by == JoinedBy.FIRST
    assert place.template == "card declined"


def test_equal_words_are_one_error_whatever_else_is_known(errors: Errors) -> None:
    first = errors.family("card 12 declined")
    errors.see("disk full")

    assert errors.family("card 77 declined") == first
    assert len(errors.known) == 2


def test_a_stack_of_the_same_functions_joins_and_says_so(errors: Errors) -> None:
    stack = STACK.format(file="api", line=1, function="handle") + STACK.format(file="bank", line=7, function="charge") + "BankError: x"
    first = errors.see("Bank did not answer", stack)

    again = errors.see("Charging failed", stack.replace("line 7", "line 9"))

    assert again.family_id == first.family_id
    assert again.joined_by == JoinedBy.FRAMES
    assert again.because == "Its stack passes the same functions of the application as “Bank did not answer”."


def test_one_function_that_fails_in_two_ways_is_two_errors(errors: Errors) -> None:
    stack = STACK.format(file="bank", line=7, function="charge") + "RuntimeError: x"

    assert errors.family("disk full", stack) != errors.family("token refused", stack)
    assert errors.family("token expired", stack) == errors.family("token refused", stack)


def test_a_template_joins_and_says_so(errors: Errors) -> None:
    first = errors.see("Invalid user webmaster from 10.0.0.1")

    again = errors.see("Invalid user ada from 10.0.0.2")

    assert again.family_id == first.family_id
    assert again.joined_by == JoinedBy.TEMPLATE
    assert again.because == "It fits the template “Invalid user * from *”, as “Invalid user webmaster from *” does."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cannot open /var/lib/app/a.db", "cannot open /srv/b.db"),
        ("no route to host db-1.internal.example", "no route to host cache.eu.example"),
        ("login failed; ruser=root rhost=evil.example", "login failed; ruser= rhost="),
        ("lost blk_1 blk_2 blk_3", "lost blk_9"),
        ("connection from 10.0.0.1 () at 10:30", "connection from 10.0.0.1 (host.example.org) at 11:40"),
        ("Failed password for root from 10.0.0.1", "Failed password for ada from 10.0.0.2"),
        ("no leader for topic orders", "no leader for topic payments"),
        ("stopped tty=one pid=7 by=ada", "stopped tty=two pid=8 by=bob"),
        ("table order_items is locked", "table OrderLines is locked"),
    ],
)
def test_values_show_what_they_are_by_their_form_or_place(errors: Errors, one: str, other: str) -> None:
    assert errors.family(one) == errors.family(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Failed to open file a.txt", "Failed to close file a.txt"),
        ("session opened for user root", "session closed for user root"),
        ("user unknown", "user locked"),
        ("connect ECONNREFUSED 10.0.0.1:5432", "connect ETIMEDOUT 10.0.0.1:5432"),
        ("java.lang.NullPointerException in charge", "java.lang.IllegalStateException in charge"),
        ("out of memory", "out of range"),
        ("s3 refused", "ec2 refused"),
        ("12", "disk full"),
        ("10.0.0.1 refused", "10.0.0.1 timeout"),
        ("failed with reason=timeout", "failed with reason=refused"),
        ("Payment failed: fraud", "Payment failed: limit"),
        ("failed in billing.ts:42", "failed in checkout.ts:42"),
        ("HTTP 404 from bank", "HTTP 503 from bank"),
        ("Error: undefined", "Error: null"),
        ("card declined", "card declined twice"),
        ("request body too large", "request header too large"),
        ("user session expired", "user account expired"),
        ("user service down", "user cache down"),
        ("name resolution failed", "name lookup failed"),
    ],
)
def test_different_errors_stay_apart(errors: Errors, one: str, other: str) -> None:
    assert errors.family(one) != errors.family(other)


def test_a_word_is_a_value_once_many_messages_differ_in_nothing_else(errors: Errors) -> None:
    families = [errors.family(f"cannot load theme {name} at startup") for name in ("ada", "bob", "eve", "kim", "lou")]

    sixth = errors.see("cannot load theme max at startup")
    later = errors.see("cannot load theme zoe at startup")

    assert len(set(families)) == 5
    assert sixth.template == later.template == f"cannot load theme {ANY} at startup"
    assert sixth.family_id == later.family_id == families[0]


def test_verbs_are_never_values_however_many_there_are(errors: Errors) -> None:
    verbs = ("open", "close", "read", "write", "seek", "stat", "move", "copy", "link", "lock")
    endings = ("opened", "closed", "dropped", "locked", "missing", "refused", "unknown", "timeout", "full", "lost")

    families = [errors.family(f"Could not {verb} file 7") for verb in verbs] + [
        errors.family(f"The table was {end} today") for end in endings
    ]
    firsts = [errors.family(f"{verb} of file 7 went wrong") for verb in verbs]

    assert len(set(families + firsts)) == 30


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("ran out of {} today", ("memory", "disk", "handles", "threads", "inodes", "sockets", "luck")),
        ("Payment refused: {} again", ("fraud", "limit", "network", "currency", "country", "weekday", "holiday")),
        ("caught {} while charging", ("NullPointerException", "IOException", "CardError", "SQLException", "BankFault", "LinkFailure")),
        ("connect {} to bank", ("ECONNREFUSED", "ETIMEDOUT", "ENOTFOUND", "EHOSTUNREACH", "ECONNRESET", "EADDRINUSE")),
        ("failed in {} today", ("a.py:1", "b.py:2", "c.py:3", "d.py:4", "e.py:5", "f.py:6")),
    ],
)
def test_reasons_kinds_and_places_are_never_values_however_many_there_are(errors: Errors, message: str, words: tuple[str, ...]) -> None:
    assert len({errors.family(message.format(word)) for word in words}) == len(words)


def test_messages_of_nothing_but_values_share_no_template_with_words(errors: Errors) -> None:
    assert errors.family("12345") != errors.family("declined") != errors.family("/var/lib/x")


WORDS = st.lists(
    st.sampled_from(["bank", "refused", "user", "root", "12", "10.0.0.1", "for", "from", "/a/b", "x=1", "to", "open", "()"]), max_size=6
)


@given(st.lists(WORDS.map(" ".join), max_size=30))
@settings(max_examples=200, deadline=None)
def test_what_is_known_is_never_moved_and_order_of_repeats_changes_nothing(messages: list[str]) -> None:
    errors = Errors()

    first = [errors.family(message) for message in messages]

    assert [errors.family(message) for message in messages] == first
