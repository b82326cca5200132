"""The shapes of customers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from dispatch.kit.errors import BadInput, Conflict, NotFound
from dispatch.kit.shapes import Line, Shape

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$")]


Organisations = Annotated[list[Line], Field(max_length=100)]


class Customer(Shape):
    """A customer; `slug` names it in addresses and limits, `organisations` are the ids by which applications know it."""

    id: UUID
    name: str
    slug: str
    organisations: list[str]
    created_at: datetime


class NewCustomer(Shape):
    """What makes a customer. `slug` unset is made from the name."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    slug: Slug | None = None
    organisations: Organisations = []


class CustomerChange(Shape):
    """What to change; what is unset stays. `organisations` replaces them all."""

    model_config = ConfigDict(extra="forbid")

    organisations: Organisations | None = None


class SlugTaken(Conflict):
    """There is a customer with this slug already."""


class UnknownCustomer(BadInput):
    """There is no such customer."""


class NoSuchCustomer(NotFound):
    """There is no such customer."""
