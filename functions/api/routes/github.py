"""GitHub: whether agents can work there."""

from dispatch import spawning
from dispatch.spawning import Access
from functions.api.callers import AdminAlone
from functions.api.routing import Router

router = Router(prefix="/api", tags=["github"])


@router.get("/github")
def check_github(caller: AdminAlone) -> Access:
    """Everything that agents on GitHub need, looked at now, and what to do about what is missing."""
    return spawning.check_access()
