"""Feeds: ordered, resumable topics; who is watching them; and the push of what is new.

Rooms say `stream.publish(work, topic, kind, data)` and need know no more: seqs are gapless within a topic and true with the work's
commit. Topics: `run:<id>` `issue:<id>` `chat:<id>` `board` `fleet` `inbox`.
"""

from dispatch.stream.feeds import newest, publish, publish_change, publish_latest, read_feed
from dispatch.stream.push import ping_all, push_message, push_page
from dispatch.stream.retention import forget_old_frames
from dispatch.stream.shapes import Connection, FeedPage, Frame
from dispatch.stream.watching import TooManyTopics, connect, disconnect, disconnect_caller, find_connection, unwatch, watch

__all__ = [
    "Connection",
    "FeedPage",
    "Frame",
    "TooManyTopics",
    "connect",
    "disconnect",
    "disconnect_caller",
    "find_connection",
    "forget_old_frames",
    "newest",
    "ping_all",
    "publish",
    "publish_change",
    "publish_latest",
    "push_message",
    "push_page",
    "read_feed",
    "unwatch",
    "watch",
]
