"""How long frames are kept: 7 days; a run's and a chat's as long as the run or the chat."""

from datetime import timedelta

from dispatch.kit.work import Work

KEPT = timedelta(days=7)
AT_ONCE = 10_000  # frames a work forgets, so that no transaction is long; the next day goes on


def forget_old_frames(work: Work) -> int:
    """Frames older than a week are gone, those of runs and chats excepted; returns how many."""
    return work.conn.execute(
        """
        DELETE FROM frame
        WHERE (topic, seq) IN (
            SELECT topic, seq FROM frame
            WHERE at < %(before)s AND topic NOT LIKE 'run:%%' AND topic NOT LIKE 'chat:%%'
            LIMIT %(limit)s
        )
        """,
        {"before": work.now - KEPT, "limit": AT_ONCE},
    ).rowcount
