"""Brings the database up to date. A migration that fails fails the deployment, and leaves nothing half done."""

from typing import Any

from dispatch.kit import migrate
from dispatch.kit.log import logger, watched
from dispatch.kit.settings import settings


@watched
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Every migration is applied; answers the names of those that were applied now. Raises what a migration raises."""
    done = migrate.apply(settings().pg_database_url.get_secret_value(), tell=lambda name: logger.info("applying", migration=name))
    return {"applied": done}
