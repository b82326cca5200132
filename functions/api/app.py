"""The API's frame: routes, who may use them, errors, limits.

To add a route: in `routes/<noun>.py`

    router = Router(prefix="/api/issues", tags=["issues"])

    @router.get("/{ref}")
    def get_issue(work: TheWork, caller: Reader, ref: str) -> Issue:
        return issues.get_issue(work, ref)

and name the module in ROUTES. `TheWork` (`unit.py`) is the request's transaction; every route takes a caller rule (`callers.py`);
refusals are raised (`kit.errors`). The function's name becomes the operationId. What a body may be: `bounds.py`.
"""

from importlib import import_module

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from functions.api.bounds import BodyBounds
from functions.api.callers import note_place
from functions.api.errors import add_error_handlers

ROUTES = (
    "health",
    "parts",
    "session",
    "people",
    "feeds",
    "chats",
    "issues",
    "runs",
    "artifacts",
    "errors",
    "plans",
    "pulls",
    "fixes",
    "deployments",
    "spawns",
    "limits",
    "past",
    "customers",
    "github",
    "notices",
    "logs",
)


def create_app() -> FastAPI:
    """The app with every route."""
    app = FastAPI(
        title="Dispatch",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        dependencies=[Depends(note_place)],
    )
    for name in ROUTES:
        app.include_router(import_module(f"functions.api.routes.{name}").router)
    add_error_handlers(app)
    app.add_middleware(BodyBounds)
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
