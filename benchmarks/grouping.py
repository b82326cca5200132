"""Errors grouped: how many lines come to exactly their event's group, beside Drain3 with its defaults, and how fast.

Run with `python -m benchmarks.grouping`; `--logs FOLDER` adds labelled logs of your own, as CSV files with the columns Content and EventId
(loghub's). Needs the group `trial`: `make bench` brings it.
"""

import csv
import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any
from uuid import UUID, uuid4

from benchmarks import labelled
from benchmarks.figures import Figure, arguments, show, tell
from benchmarks.labelled import Line
from dispatch import families
from dispatch.families import Known
from dispatch.families.frames import frames_of

LONGEST = 64 * 1024
ALIKE = 300  # wordings that a new one is compared with, as intake does
HOSTILE = (
    *('"', "'", "`", "*", " ", "@", ".", ":", "/", "-", "_", "=", "0", "a", "f", "aA0", "a@", "a.", "1.", "1:", "f:", "::", "://", "://a/"),
    *("eyJ", "eyJa.", "0x", "1m", "1ms", "-1", "1_", "a1", "status ", "status code ", "Mon ", "Jan ", "1 Jan ", "'a ", "a'", "'a'b"),
    *("\N{ARABIC-INDIC DIGIT ZERO}", "é", "cus_", "12345678-1234-1234-1234-", "Error: ", "at a(", "\tat a.b(c:1)\n", "#0 a(1): "),
    *('File "a", line 1', "a:1:in `b'", "a.b(", "x.go:1\n", "\n"),
)


def measure(folder: Path | None) -> list[Figure]:
    """The figures of every set, generated and given."""
    sets = {name: labelled.generate(name) for name in labelled.SETS} | (_read(folder) if folder else {})
    figures: list[Figure] = []
    scores: dict[str, list[float]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for name, lines in sets.items():
        tell(name)
        for who, grouped in (("Dispatch", ours), ("Drain3", drains)):
            began = time.process_time()
            groups = grouped([line.message for line in lines])
            seconds[who] += time.process_time() - began
            scores[who].append(accuracy(lines, groups))
        figures.append(
            Figure(f"{name}: lines in exactly their event's group", scores["Dispatch"][-1], "", scores["Drain3"][-1], "at least")
        )
    total = sum(map(len, sets.values()))
    return [
        *figures,
        Figure(f"the mean of these {len(sets)}, beside Drain3's", mean(scores["Dispatch"]), "", mean(scores["Drain3"]), "at least"),
        Figure("lines a second, fingerprint and family, one core", total / seconds["Dispatch"], "/s", 10_000, "at least"),
        Figure("the same, Drain3 alone", total / seconds["Drain3"], "/s"),
        Figure("the slowest of hostile lines of 64 KB made equal", _slowest(families.fingerprint_of, "s", "f"), "ms", 5),
        Figure("the slowest of hostile stacks of 64 KB", _slowest(frames_of), "ms", 5),
    ]


def accuracy(lines: Sequence[Line], groups: Sequence[Any]) -> float:
    """The share of lines whose group holds exactly the lines of their event."""
    of_event: dict[str, set[int]] = defaultdict(set)
    of_group: dict[Any, set[int]] = defaultdict(set)
    for number, (line, group) in enumerate(zip(lines, groups, strict=True)):
        of_event[line.event].add(number)
        of_group[group].add(number)
    return sum(of_event[line.event] == of_group[group] for line, group in zip(lines, groups, strict=True)) / len(lines)


def ours(messages: Sequence[str]) -> list[UUID]:
    """The family of each message, as intake finds it: all of one source and feature, none with a stack."""
    family_of: dict[str, UUID] = {}
    known: dict[str, list[Known]] = defaultdict(list)
    found: list[UUID] = []
    for message in messages:
        wording = families.fingerprint_of("source", "feature", message)
        if wording.hash not in family_of:
            alike = known[wording.message.partition(" ")[0]]
            place = families.group(wording, None, alike)
            family_of[wording.hash] = place.family_id or uuid4()
            alike.append(
                Known(hash=wording.hash, family_id=family_of[wording.hash], message=wording.message, frames=None, template=place.template)
            )
            del alike[:-ALIKE]
        found.append(family_of[wording.hash])
    return found


def drains(messages: Sequence[str]) -> list[int]:
    """The cluster of each message, as Drain3 finds it with its defaults."""
    from drain3 import TemplateMiner
    from drain3.template_miner_config import TemplateMinerConfig

    logging.getLogger("drain3").setLevel(logging.ERROR)
    miner = TemplateMiner(config=TemplateMinerConfig())
    return [miner.add_log_message(message)["cluster_id"] for message in messages]


def _read(folder: Path) -> dict[str, list[Line]]:
    sets: dict[str, list[Line]] = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as file:
            sets[path.stem] = [Line(row["Content"], row["EventId"]) for row in csv.DictReader(file)]
    return sets


def _slowest(read: Callable[..., Any], *before: str) -> float:
    """Milliseconds of the processor for the worst of many hostile texts, the better of two tries each."""
    chance = random.Random(1)
    texts = [piece * (LONGEST // len(piece)) for piece in HOSTILE]
    for _ in range(300):
        pieces = chance.sample(HOSTILE, chance.randrange(2, 6))
        texts.append("".join(chance.choices(pieces, k=LONGEST))[:LONGEST])
    return max(min(_time(read, *before, text) for _ in range(2)) for text in texts) * 1_000


def _time(read: Callable[..., Any], *given: str) -> float:
    began = time.thread_time()
    read(*given)
    return time.thread_time() - began


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="labelled logs of your own, besides the generated ones")
    asked = parser.parse_args()
    show("grouping", measure(asked.logs), as_json=asked.json)
