"""Who is watching: sockets that open and close, and the topics each of them has asked for."""

from typing import Any

from dispatch.kit.errors import TooMany
from dispatch.kit.wire import to_json
from dispatch.kit.work import Work
from dispatch.stream import store
from dispatch.stream.shapes import Connection

MOST_TOPICS = 100  # a screen watches a handful; a ping names each of them


class TooManyTopics(TooMany):
    """This socket watches 100 topics already. Unwatch some first."""


def connect(work: Work, connection_id: str, *, caller: dict[str, Any]) -> None:
    """The socket is open, with the rights of `caller`."""
    store.insert_connection(work.conn, connection_id, caller=to_json(caller), now=work.now)


def disconnect(work: Work, connection_id: str) -> None:
    """The socket is forgotten, with all it watched."""
    store.delete_connections(work.conn, [connection_id])


def disconnect_caller(work: Work, **who: Any) -> None:
    """Nothing goes any more to the sockets whose caller has these members, and nothing is heard from them: their rights are gone."""
    store.delete_connections_of(work.conn, to_json(who))


def find_connection(work: Work, connection_id: str) -> Connection | None:
    """The open socket with this id, or None."""
    return store.find_connection(work.conn, connection_id)


def watch(work: Work, connection_id: str, topic: str) -> None:
    """Once this commits, every later frame of the topic is pushed to the socket; read the feed after the commit, and nothing is missed."""
    if store.count_watches(work.conn, connection_id) >= MOST_TOPICS:
        raise TooManyTopics
    store.insert_watch(work.conn, connection_id, topic)


def unwatch(work: Work, connection_id: str, topic: str) -> None:
    """Frames of the topic no longer go to the socket."""
    store.delete_watch(work.conn, connection_id, topic)
