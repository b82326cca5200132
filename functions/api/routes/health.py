"""Whether this instance is well, and what it is called."""

from importlib.metadata import version
from typing import Literal

from fastapi import Response

from dispatch.kit import clock
from dispatch.kit.errors import DispatchError
from dispatch.kit.settings import settings
from dispatch.kit.shapes import Shape
from dispatch.kit.work import work
from functions.api.callers import PUBLIC
from functions.api.routing import Router

router = Router(prefix="/api", tags=["instance"], dependencies=[PUBLIC])


class Health(Shape):
    """Whether the parts answer."""

    status: Literal["healthy", "unhealthy"]
    service: str
    timestamp: str
    database: Literal["connected", "disconnected"]


class Instance(Shape):
    """What the screens show before anybody has signed in."""

    app_name: str
    app_description: str
    brand_color: str
    braille: str
    issue_prefix: str
    version: str
    scripted_model: bool
    model: str
    repository: str
    is_demo: bool
    hints: list[str]


@router.get("/health")
def get_health(response: Response) -> Health:
    """Whether the database answers; 503 where it does not."""
    connected = _is_database_there()
    response.status_code = 200 if connected else 503
    response.headers["Cache-Control"] = "no-store"
    return Health(
        status="healthy" if connected else "unhealthy",
        service="dispatch",
        timestamp=clock.now().isoformat(),
        database="connected" if connected else "disconnected",
    )


@router.get("/instance")
def get_instance() -> Instance:
    """This instance's name, colour and model."""
    ours = settings()
    return Instance(
        app_name=ours.app_name,
        app_description=ours.app_description,
        brand_color=ours.brand_color,
        braille=ours.brand_braille,
        issue_prefix=ours.default_issue_prefix,
        version=version("dispatch"),
        scripted_model=_is_scripted(),
        model=ours.orchestrator_model,
        repository=ours.github_repo,
        is_demo=ours.github_repo.endswith("/demo"),
        hints=[line for line in ours.instance_hints.splitlines() if line.strip()],
    )


def _is_scripted() -> bool:
    """The scripted model stands in where there is no key: then the base URL is this instance's own `/model`."""
    return settings().anthropic_base_url.rstrip("/").endswith("/model")


def _is_database_there() -> bool:
    try:
        with work() as unit:
            unit.conn.execute("SELECT 1")
    except (DispatchError, OSError):
        return False
    return True
