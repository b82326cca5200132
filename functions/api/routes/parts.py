"""How each part of this instance is, for its admins."""

from dispatch import health
from dispatch.health import Condition
from functions.api.callers import AdminAlone
from functions.api.routing import Router

router = Router(prefix="/api", tags=["instance"])


@router.get("/health/parts")
def look_at_parts(caller: AdminAlone) -> Condition:
    """Each part that this instance needs, looked at now, and what to do about what is not well."""
    return health.look()
