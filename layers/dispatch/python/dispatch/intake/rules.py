"""How urgent an error is, and which of its sightings are worth telling. Pure."""

from dispatch.families import NewSighting, Origin, Recorded
from dispatch.issues import Priority
from dispatch.kit.actors import Actor, ActorKind

URGENT = {100: Priority.P1, 20: Priority.P2, 5: Priority.P3}  # by how often it was seen, from the most
GRAVE = {"fatal", "critical"}
LABELS = {Origin.GRAFANA: "Loki", Origin.ALERTMANAGER: "Alertmanager", Origin.SENTRY: "Sentry"}
LONGEST_TITLE = 100


def priority_of(level: str, occurrences: int) -> Priority:
    """What an error of that level, seen so often, is by itself."""
    if level.lower() in GRAVE:
        return Priority.P1
    return next((priority for least, priority in URGENT.items() if occurrences >= least), Priority.P4)


def step_reached(recorded: Recorded) -> int | None:
    """The count worth telling that this report reached: 5, 20, 100, then each power of ten; None where it reached none."""
    before, after = recorded.before, recorded.family.occurrences
    steps = [5, 20, 100, *(10**power for power in range(3, len(str(after))))]
    return max((step for step in steps if before < step <= after), default=None)


def label_of(new: NewSighting) -> str:
    """Which label says where the issue came from."""
    return LABELS[new.origin]


def reporter_of(new: NewSighting) -> Actor:
    """Who opens the issue and tells its story."""
    return Actor(kind=ActorKind.SYSTEM, name=label_of(new))


def title_of(source: str, feature: str, message: str) -> str:
    """`[source/feature] message`, of at most 100 letters in one line."""
    title = " ".join(f"[{source}/{feature}] {message}".split())
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1].rstrip() + "…"
