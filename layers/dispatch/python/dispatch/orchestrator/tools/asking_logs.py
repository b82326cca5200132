"""The tool that asks production's logs, by the same named queries as agents and people."""

from typing import Annotated, Any

from pydantic import Field

from dispatch import logs
from dispatch.logs import QUERIES, Asker, NamedQuery
from dispatch.orchestrator.tools.tool import WRITTEN_BY_OTHERS, Context, Input, Tool


class LogsInput(Input):
    """A named query and its parameters."""

    query: Annotated[str, Field(max_length=40, json_schema_extra={"enum": list(QUERIES)})]
    params: Annotated[dict[str, str | int], Field(default_factory=dict)]


def ask_logs(wanted: LogsInput, context: Context) -> dict[str, Any]:
    """What the logs say to the query. No work is open."""
    answer = logs.ask(logs.read_query(wanted.query, wanted.params), Asker(actor=context.said_by))
    return answer.model_dump(mode="json", exclude_none=True, exclude_defaults=True, exclude={"logql", "took_ms"}) | {
        "note": WRITTEN_BY_OTHERS
    }


def _shown(query: type[NamedQuery]) -> str:
    names = [name if field.is_required() else f"{name}?" for name, field in query.model_fields.items() if name not in ("since", "until")]
    return f"{query.name}({', '.join(names)})"


SAID = (
    f"Ask production's logs, read-only: {', '.join(map(_shown, QUERIES.values()))}. "
    "since?/until? of each but compare: 30m, 2h, 7d or a time. level: error, warning, info, debug. by: source, feature, level, release."
)
TOOLS = (Tool("ask_logs", SAID, LogsInput, ask=ask_logs),)
