"""Which topics a caller may follow, over HTTP and over sockets alike."""

import re

from dispatch.kit.errors import NotFound
from dispatch.people.errors import MissingRight
from dispatch.people.shapes import Caller, Right

TOPIC = re.compile(r"(?:run|issue|chat):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|board|fleet|inbox|errors")


class NoSuchTopic(NotFound):
    """There is no such topic."""


def check_topic(caller: Caller, topic: str) -> None:
    """Passes where the caller may follow the topic. Raises NoSuchTopic, MissingRight."""
    if not TOPIC.fullmatch(topic):
        raise NoSuchTopic
    if not caller.may(Right.READ):
        raise MissingRight("You may not follow this topic.")
