"""Deployments: what came to production, told by GitHub or by whoever deploys."""

from typing import Annotated

from fastapi import Query

from dispatch import deployments
from dispatch.deployments import Deployment, NewDeployment, Told
from dispatch.kit.shapes import Shape
from functions.api.callers import Reader, Writer
from functions.api.routing import Router
from functions.api.unit import TheWork

router = Router(prefix="/api/deployments", tags=["deployments"])


class Deployments(Shape):
    """The deployments heard of last, latest first."""

    items: list[Deployment]


@router.get("")
def list_deployments(work: TheWork, caller: Reader, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Deployments:
    """The deployments to production heard of last, latest first."""
    return Deployments(items=deployments.list_deployments(work, limit=limit))


@router.post("")
def tell_deployment(work: TheWork, caller: Writer, new: NewDeployment) -> Told:
    """The deployment is known as far as it has come; told again under its `id`, it is the same. 409 where that is another commit's."""
    return deployments.tell_deployment(work, new, actor=caller.actor)
