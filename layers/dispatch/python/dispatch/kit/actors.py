"""Who did something: the same two words in a story, in an audit row and on a screen."""

from enum import StrEnum

from pydantic import ConfigDict

from dispatch.kit.shapes import Shape


class ActorKind(StrEnum):
    """What kind of somebody it was."""

    PERSON = "person"
    AGENT = "agent"
    ORCHESTRATOR = "orchestrator"
    SYSTEM = "system"
    GITHUB = "github"


class Actor(Shape):
    """Somebody who acts: a kind and a name that people know."""

    model_config = ConfigDict(frozen=True)

    kind: ActorKind
    name: str


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="Dispatch")
