"""What production's logs say, by named queries: read-only, escaped, bounded, masked, and each query written down.

`ask` is the one way in, for people, agents and machines; it opens works of its own, so that none is open while Loki answers. A new query
is a shape in `queries.QUERIES` and an answer in `asking.ANSWERS`.
"""

from dispatch.clients.loki import NotConnected, is_connected
from dispatch.logs.context import context_for, traffic
from dispatch.logs.queries import QUERIES, NamedQuery
from dispatch.logs.service import ask, forget_old_queries, read_query
from dispatch.logs.shapes import Asker, LogAnswer, LogLine, LogPart, LogPoint, LogRow, LogSeries, QuotaSpent, RunHasEnded, TooManyQueries

__all__ = [
    "QUERIES",
    "Asker",
    "LogAnswer",
    "LogLine",
    "LogPart",
    "LogPoint",
    "LogRow",
    "LogSeries",
    "NamedQuery",
    "NotConnected",
    "QuotaSpent",
    "RunHasEnded",
    "TooManyQueries",
    "ask",
    "context_for",
    "forget_old_queries",
    "is_connected",
    "read_query",
    "traffic",
]
