"""Other words of a known error come into its family, by what is kept in rows alone, and their reason is kept with them."""

from datetime import timedelta

import pytest

from dispatch import families
from dispatch.families import NewSighting, Recorded, Wording
from dispatch.kit.work import work
from tests.reports import AT, report

pytestmark = pytest.mark.usefixtures("database")
STACK = 'Traceback:\n  File "/app/api.py", line {0}, in handle\n    x\n  File "/app/bank.py", line {0}, in charge\n    y\nBankError: no'


def record(new: NewSighting) -> Recorded:
    with work() as unit:
        return families.record_sighting(unit, new, AT)


def wordings(recorded: Recorded) -> list[Wording]:
    with work() as unit:
        return families.get_whole(unit, recorded.family.name).wordings


def test_a_stack_of_the_same_functions_joins() -> None:
    first = record(report(message="Bank did not answer", stack=STACK.format(7)))

    again = record(report(message="Charging went wrong", stack=STACK.format(9)))

    assert again.family.id == first.family.id
    assert sorted(one.joined_by for one in wordings(again)) == ["first", "frames"]


def test_the_same_template_joins() -> None:
    first = record(report(message="Invalid user ada from 10.0.0.1"))

    again = record(report(message="Invalid user bob from 10.0.0.2"))

    assert again.family.id == first.family.id
    assert {one.template for one in wordings(again)} == {"Invalid user * from *"}


def test_a_value_that_only_many_messages_give_away_joins_the_first_of_them() -> None:
    names = ("ada", "bob", "eve", "kim", "lou", "max", "zoe")
    reports = [
        report(message=f"cannot load theme {name} at startup", first_seen=AT - timedelta(hours=9 - hour)) for hour, name in enumerate(names)
    ]

    seen = [record(one) for one in reports]

    ids = [recorded.family.id for recorded in seen]
    assert len(set(ids[:5])) == 5
    assert ids[5] == ids[6] == ids[0]


def test_another_source_or_feature_is_another_error() -> None:
    messages = [report(message="Invalid user ada from 10.0.0.1", **where) for where in ({}, {"source": "else"}, {"feature": "else"})]

    assert len({record(message).family.id for message in messages}) == 3


def test_a_secret_in_a_message_is_kept_in_no_wording() -> None:
    recorded = record(report(message="login with password: hunterhunter failed"))

    assert "hunter" not in repr(wordings(recorded))
