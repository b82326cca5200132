"""The shapes of customers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from dispatch.kit.errors import BadInput, Conflict
from dispatch.kit.shapes import Line

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$")]


class Customer(BaseModel):
    """A customer; `slug` names it in addresses and limits."""

    id: UUID
    name: str
    slug: str
    created_at: datetime


class NewCustomer(BaseModel):
    """What makes a customer. `slug` unset is made from the name."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    slug: Slug | None = None


class SlugTaken(Conflict):
    """There is a customer with this slug already."""


class UnknownCustomer(BadInput):
    """There is no such customer."""
