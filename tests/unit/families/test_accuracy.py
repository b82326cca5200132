"""Grouping against labelled logs, beside Drain3 with its defaults; and no text takes longer than its length."""

from statistics import mean

import pytest

from benchmarks import labelled
from benchmarks.grouping import accuracy, drains, ours
from dispatch.families.normalising import normalise


def test_more_lines_come_to_exactly_their_events_group_than_with_drain3() -> None:
    sets = [labelled.generate(name, seed=seed) for name in labelled.SETS for seed in (1, 2, 3)]

    reached = mean(accuracy(lines, ours([line.message for line in lines])) for lines in sets)
    beside = mean(accuracy(lines, drains([line.message for line in lines])) for lines in sets)

    assert reached > beside + 0.1
    assert reached > 0.9


@pytest.mark.parametrize("name", labelled.SETS)
def test_hardly_a_line_is_in_a_group_with_another_event(name: str) -> None:
    lines = labelled.generate(name)
    events: dict[object, set[str]] = {}
    groups = ours([line.message for line in lines])
    for line, group in zip(lines, groups, strict=True):
        events.setdefault(group, set()).add(line.event)

    assert sum(len(events[group]) > 1 for group in groups) / len(lines) < 0.05


def test_accuracy_counts_lines_whose_group_is_their_event_and_nothing_else() -> None:
    lines = [labelled.Line("", event) for event in "aabbc"]

    assert accuracy(lines, [1, 1, 2, 2, 3]) == 1
    assert accuracy(lines, [1, 1, 2, 4, 3]) == 3 / 5  # b is in two
    assert accuracy(lines, [1, 1, 2, 2, 2]) == 2 / 5  # b and c are in one


def test_only_the_beginning_of_a_message_counts() -> None:
    assert normalise("x" * 65_536) == "x" * 2_048
    assert normalise("word " * 20_000 + "1") == ("word " * 409).strip()
